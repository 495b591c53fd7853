"""Proves that the checks can fail: each fault is put into a copy of a module, and must be found."""

import shutil

import documents
import rules
import terraform

MODULE = "modules/ecr"
FAULTS = {
    "a wrong argument": ("image_tag_mutability", "image_tag_mutabilty", "Unsupported argument"),
    "a wrong type": ("force_delete         = false", 'force_delete         = ["never"]', "Incorrect attribute value type"),
    "an argument that is missing": ("  name                 = var.name\n", "", "Missing required argument"),
    "a variable that isn't declared": ("= var.name\n", "= var.nmae\n", "Reference to undeclared input variable"),
}
# What breaks a rule of ours, and what is said of it.
BREACHES = {
    'variable "idle" {\n  type = string\n}\n': ("variable idle has no description", "variable idle is not used"),
    'data "aws_region" "idle" {}\n': ("data aws_region.idle is not used",),
    "locals {\n  idle = 1\n}\n": ("local idle is not used",),
    'resource "aws_x" "x" {\n  auth_token = "x"\n}\n': ("auth_token is kept in the state",),
    'resource "aws_vpc_security_group_ingress_rule" "x" {\n  cidr_ipv4 = "0.0.0.0/0"\n}\n': ("lets everybody in",),
}


def unbroken(root, work):
    """Answers the breaches of rules that were not found."""
    found = []
    for text, messages in BREACHES.items():
        module = terraform.copied(root / MODULE, work / MODULE)
        (module / "variables.tf").open("a").write("\n" + text)
        problems, _ = rules.run(work)
        found += [f"{message} was not found; what was: {problems}" for message in messages if not any(message in p for p in problems)]
    module = terraform.copied(root / MODULE, work / MODULE)
    shutil.rmtree(module / "tests")
    (module / "README.md").write_text("# none\n")
    problems = rules.run(work)[0] + documents.run(work)[0]
    wanted = ("no test asserts anything", "is out of date")
    return found + [f"{message} was not found" for message in wanted if not any(message in p for p in problems)]


def run(root, work):
    """Answers the faults that were not found."""
    found = []
    for name, (old, new, message) in FAULTS.items():
        copy = terraform.copied(root / MODULE, work)
        text = (copy / "main.tf").read_text()
        if old not in text:
            found.append(f"{name}: {MODULE}/main.tf has no {old!r} to replace")
            continue
        (copy / "main.tf").write_text(text.replace(old, new, 1))
        problems = terraform.problems_of(str(work), ".", ())
        if not any(message in p for p in problems):
            found.append(f"{name} was not found; what was: {problems}")
    copy = terraform.copied(root / MODULE, work)
    (copy / "main.tf").write_text((copy / "main.tf").read_text().replace(" = ", "=", 1))
    if not terraform.unformatted(copy):
        found.append("a file that terraform fmt would write otherwise was not found")
    shutil.rmtree(work, ignore_errors=True)
    found += unbroken(root, work)
    shutil.rmtree(work, ignore_errors=True)
    return found, len(FAULTS) + len(BREACHES) + 3
