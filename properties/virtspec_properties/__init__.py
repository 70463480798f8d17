"""What the shipped models must satisfy: one module for each model, and `generic` for what holds of every model.

Properties stand apart from the models so that both can be read, and reviewed, on their own. They import the models and
the language (`from virtspec import ...`); no model imports them back.
"""
