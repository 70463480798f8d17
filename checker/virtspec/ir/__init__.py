"""The intermediate representation: types, nodes, their only maker, their text, their rules, and passes over them."""
