#!/usr/bin/env python3
"""The API reference in Markdown, made from the descriptors of the protos: `buf build protos -o -#format=json | api_reference.py`.

Writes the page to stdout. Fails, and names each, if a service, method, message, field, enum or enum value has no comment.
"""

import json
import re
import sys

TITLES = {
    "order1688.v1": "The API that callers use (`order1688.v1`)",
    "order1688.config.v1": "The server's configuration file (`order1688.config.v1`, protobuf text format)",
}
SCALARS = {
    "TYPE_DOUBLE": "double", "TYPE_INT64": "int64", "TYPE_UINT64": "uint64", "TYPE_INT32": "int32",
    "TYPE_BOOL": "bool", "TYPE_STRING": "string", "TYPE_BYTES": "bytes", "TYPE_UINT32": "uint32",
}  # fmt: skip
# Numbers of the fields of descriptor.proto that lead to an element.
FILE_MESSAGE, FILE_ENUM, FILE_SERVICE = 4, 5, 6
MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM = 2, 3, 4
ENUM_VALUE = SERVICE_METHOD = 2


def anchor(heading):
    """The name that Markdown viewers give a heading."""
    return re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-")


def cell(text):
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


class Page:
    def __init__(self):
        self.lines = []
        self.uncommented = []

    def put(self, *lines):
        self.lines.extend(lines)

    def table(self, heads, rows):
        self.put("", "| " + " | ".join(heads) + " |", "|" + "---|" * len(heads))
        self.put(*("| " + " | ".join(row) + " |" for row in rows), "")


class File:
    """One .proto file: comments by path, and what is in it."""

    def __init__(self, page, descriptor):
        self.page = page
        self.descriptor = descriptor
        self.package = descriptor["package"]
        self.comments = {
            tuple(location["path"]): location.get("leadingComments") or location.get("trailingComments", "")
            for location in descriptor["sourceCodeInfo"]["location"]
            if "path" in location
        }

    def comment(self, path, name):
        text = "\n".join(line.removeprefix(" ") for line in self.comments.get(path, "").split("\n")).strip()
        if not text:
            self.page.uncommented.append(f"{self.descriptor['name']}: {name}")
        return text

    def type_of(self, field, message):
        label = "repeated " if field.get("label") == "LABEL_REPEATED" else ""
        if field.get("proto3Optional"):
            label = "optional "
        name = field.get("typeName", "").lstrip(".")
        if not name:
            return label + SCALARS[field["type"]]
        for nested in message.get("nestedType", []):
            if nested.get("options", {}).get("mapEntry") and name.endswith("." + message["name"] + "." + nested["name"]):
                key, value = (self.type_of(part, nested) for part in nested["field"])
                return f"map of {key} to {value}"
        return label + self.link(name)

    def link(self, name):
        for package in TITLES:
            if name.startswith(package + "."):
                short = name[len(package) + 1 :]
                return f"[{short}](#{anchor(short)})"
        return f"`{name}`"

    def put_enum(self, enum, path, name):
        self.page.put(f"### {name}", "", self.comment(path, name))
        self.page.table(
            ("Value", "Number", "Meaning"),
            (
                (f"`{value['name']}`", str(value.get("number", 0)), cell(self.comment(path + (ENUM_VALUE, i), value["name"])))
                for i, value in enumerate(enum["value"])
            ),
        )

    def put_message(self, message, path, name):
        if message.get("options", {}).get("mapEntry"):
            return
        self.page.put(f"### {name}", "", self.comment(path, name))
        rows = [
            (
                f"`{field['name']}`",
                str(field["number"]),
                self.type_of(field, message),
                f"`{field['jsonName']}`",
                cell(self.comment(path + (MESSAGE_FIELD, i), f"{name}.{field['name']}")),
            )
            for i, field in enumerate(message.get("field", []))
        ]
        if rows:
            self.page.table(("Field", "Number", "Type", "JSON", "Meaning"), rows)
        else:
            self.page.put("", "No fields.", "")
        for i, enum in enumerate(message.get("enumType", [])):
            self.put_enum(enum, path + (MESSAGE_ENUM, i), f"{name}.{enum['name']}")
        for i, nested in enumerate(message.get("nestedType", [])):
            self.put_message(nested, path + (MESSAGE_NESTED, i), f"{name}.{nested['name']}")

    def put_services(self):
        for i, service in enumerate(self.descriptor.get("service", [])):
            path = (FILE_SERVICE, i)
            self.page.put(f"### {service['name']}", "", self.comment(path, service["name"]), "")
            for j, method in enumerate(service["method"]):
                streams = "stream of " if method.get("serverStreaming") else ""
                request, response = (self.link(method[side].lstrip(".")) for side in ("inputType", "outputType"))
                self.page.put(f"#### {service['name']}.{method['name']}", "", f"{request} → {streams}{response}", "")
                self.page.put(self.comment(path + (SERVICE_METHOD, j), method["name"]), "")

    def put_types(self):
        for i, message in enumerate(self.descriptor.get("messageType", [])):
            self.put_message(message, (FILE_MESSAGE, i), message["name"])
        for i, enum in enumerate(self.descriptor.get("enumType", [])):
            self.put_enum(enum, (FILE_ENUM, i), enum["name"])


def main():
    page = Page()
    page.put(
        "# API reference",
        "",
        "Made from the `.proto` files by `bazel-free-scripts/check.sh --fix api`; change them, not this page.",
        "The JSON column is the field's name in protobuf JSON (grpcurl, buf curl) and, where the comment names a REST path, in the gateway's JSON.",
        "",
    )
    image = json.load(sys.stdin)
    for package, title in TITLES.items():
        files = [File(page, file) for file in image["file"] if file.get("package") == package]
        page.put(f"## {title}", "")
        for file in files:
            file.put_services()
        for file in files:
            file.put_types()
    if page.uncommented:
        print("\n".join(f"no comment: {name}" for name in page.uncommented), file=sys.stderr)
        return 1
    print(re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in page.lines)).strip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
