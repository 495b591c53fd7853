"""What every module keeps besides what Terraform checks, each rule with its reason."""

import re

import documents

# Arguments that Terraform would write into its state. Where the provider has no write-only twin, the place is named with the reason.
SECRET = re.compile(r"^\s*((?:\w*_)?(?:password|passwords|auth_token|secret_string|secret_key|private_key))\s+=\s", re.MULTILINE)
IN_STATE = {
    ("modules/rabbitmq", "password"): "aws_mq_broker has no write-only argument",
    ("modules/opensearch", "master_user_password"): "aws_opensearch_domain has no write-only argument",
}
INGRESS = re.compile(
    r'^resource "(aws_vpc_security_group_ingress_rule|aws_security_group_rule)" "\w+" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL
)
FILES = ("main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md", "examples/basic/main.tf")


def described(where, path, kind):
    return [f"{where}: {kind} {name} has no description" for name, body in documents.declared(path, kind) if not documents.text_of(body)]


def unused(where, module):
    """A declaration that nothing uses promises what isn't done."""
    found = []
    text = "\n".join(p.read_text() for p in sorted(module.glob("*.tf")))
    elsewhere = re.sub(r'^variable "\w+" \{\n.*?^\}', "", text, flags=re.MULTILINE | re.DOTALL)
    for name, _ in documents.declared(module / "variables.tf", "variable"):
        if not re.search(rf"\bvar\.{name}\b", elsewhere):
            found.append(f"{where}: variable {name} is not used")
    for kind, name in re.findall(r'^data "(\w+)" "(\w+)"', text, re.MULTILINE):
        if not re.search(rf"\bdata\.{kind}\.{name}\b", text):
            found.append(f"{where}: data {kind}.{name} is not used")
    for block in re.findall(r"^locals \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
        for name in re.findall(r"^  (\w+)\s+=", block, re.MULTILINE):
            if not re.search(rf"\blocal\.{name}\b", text):
                found.append(f"{where}: local {name} is not used")
    return found


def secrets(where, module):
    """A secret in the state can be read by whoever reads the state."""
    found = []
    for path in sorted(module.glob("*.tf")):
        for body in re.findall(r'^resource "\w+" "\w+" \{\n(.*?)^\}', path.read_text(), re.MULTILINE | re.DOTALL):
            kept = [name for name in SECRET.findall(body) if (where, name) not in IN_STATE]
            found += [f"{where}/{path.name}: {name} is kept in the state: use {name}_wo" for name in kept]
    return found


def open_to_all(where, module):
    """Even the load balancer is CloudFront's only: nothing takes connections from everywhere."""
    found = []
    for path in sorted(module.glob("*.tf")):
        for kind, body in INGRESS.findall(path.read_text()):
            if "0.0.0.0/0" in body or "::/0" in body:
                found.append(f"{where}/{path.name}: {kind} lets everybody in")
    return found


def whole(where, module):
    """A module without a document, an example and tests is one that nobody can use with confidence."""
    found = [f"{where}: {name} is missing" for name in FILES if not (module / name).exists()]
    tests = list(module.glob("tests/*.tftest.hcl"))
    if not any("assert {" in t.read_text() for t in tests):
        found.append(f"{where}: no test asserts anything")
    if not any("expect_failures" in t.read_text() for t in tests):
        found.append(f"{where}: no test shows that a wrong variable is refused")
    return found


def run(root):
    """Answers what breaks a rule."""
    found, modules = [], documents.modules(root)
    for module in modules:
        where = str(module.relative_to(root))
        for path, kind in ((module / "variables.tf", "variable"), (module / "outputs.tf", "output")):
            found += described(where, path, kind)
        found += unused(where, module) + secrets(where, module) + open_to_all(where, module)
        if module.parent.name == "modules":
            found += whole(where, module)
    return found, len(modules)
