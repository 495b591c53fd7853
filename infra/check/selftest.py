"""Proves that the checks can fail: each fault is put into a copy of a module, and must be found."""

import shutil

import terraform

MODULE = "modules/ecr"
FAULTS = {
    "a wrong argument": ("image_tag_mutability", "image_tag_mutabilty", "Unsupported argument"),
    "a wrong type": ("force_delete         = false", 'force_delete         = ["never"]', "Incorrect attribute value type"),
    "an argument that is missing": ("  name                 = var.name\n", "", "Missing required argument"),
    "a variable that isn't declared": ("= var.name\n", "= var.nmae\n", "Reference to undeclared input variable"),
}


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
    return found, len(FAULTS) + 1
