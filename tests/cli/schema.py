"""As much of JSON Schema as the report's schema uses, so that checking it needs no other package."""

from typing import Any

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "null": type(None),
}
KNOWN = {
    "$schema", "$id", "$defs", "title", "description",
    "type", "const", "enum", "minimum", "required", "properties", "additionalProperties", "items", "$ref",
}  # fmt: skip


def problems(schema: dict[str, Any], value: Any, root: dict[str, Any] | None = None, where: str = "$") -> list[str]:
    """Every way in which `value` does not follow `schema`."""
    root = root or schema
    assert set(schema) <= KNOWN, f"{set(schema) - KNOWN} is not known here"
    if "$ref" in schema:
        return problems(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, root, where)
    kinds = schema.get("type", list(TYPES))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(isinstance(value, TYPES[k]) and not (k != "boolean" and isinstance(value, bool)) for k in kinds):
        return [f"{where} is no {' or '.join(kinds)}"]
    found = []
    if "const" in schema and value != schema["const"]:
        found.append(f"{where} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is none of {schema['enum']}")
    if "minimum" in schema and value is not None and value < schema["minimum"]:
        found.append(f"{where} is below {schema['minimum']}")
    if isinstance(value, dict):
        found += [f"{where} lacks {key}" for key in schema.get("required", ()) if key not in value]
        for key, item in value.items():
            inner = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))
            found += [f"{where} has {key}"] if inner is False else problems(inner, item, root, f"{where}.{key}")
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            found += problems(schema["items"], item, root, f"{where}[{i}]")
    return found
