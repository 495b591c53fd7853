"""Keeps the table of variables and outputs in each module's README as the module declares them."""

import re

BEGIN, END = "<!-- interface: written by make infra/write -->", "<!-- /interface -->"


def declared(path, kind):
    """Answers the declarations of one kind in a formatted file: name and body."""
    return re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', path.read_text(), re.MULTILINE | re.DOTALL) if path.exists() else []


def field(body, name):
    """Answers a field's value; of one that goes over several lines, its first word and three dots."""
    found = re.search(rf"^  {name}\s+= (.*)$", body, re.MULTILINE)
    if not found:
        return ""
    text = found.group(1).strip()
    if text.endswith(("({", "{", "[", "(")):
        return text.rstrip("({[ ") + ("(…)" if "(" in text else " {…}" if text.endswith("{") else " […]")
    return text


def text_of(body):
    return field(body, "description").strip('"').replace('\\"', '"').replace("|", "\\|")


def interface(module):
    """Answers the tables of a module."""
    lines = [BEGIN, "", "| Variable | Type | Default | What it is |", "|---|---|---|---|"]
    for name, body in declared(module / "variables.tf", "variable"):
        default = field(body, "default").strip()
        lines.append(f"| `{name}` | `{field(body, 'type')}` | {'`' + default + '`' if default else 'required'} | {text_of(body)} |")
    lines += ["", "| Output | What it is |", "|---|---|"]
    lines += [f"| `{name}` | {text_of(body)} |" for name, body in declared(module / "outputs.tf", "output")]
    return "\n".join([*lines, "", END])


def modules(root):
    return sorted(p.parent for p in root.rglob("variables.tf") if "examples" not in p.parts)


def with_interface(module):
    text = (module / "README.md").read_text()
    before, found, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if found else ""
    return before.rstrip() + "\n\n" + interface(module) + (after or "\n")


def write(root):
    for module in modules(root):
        (module / "README.md").write_text(with_interface(module))


def run(root):
    """Answers the documents that are out of date."""
    chosen = modules(root)
    stale = [m for m in chosen if not (m / "README.md").exists() or (m / "README.md").read_text() != with_interface(m)]
    return [f"{m.relative_to(root)}/README.md is out of date: run make infra/write" for m in stale], len(chosen)
