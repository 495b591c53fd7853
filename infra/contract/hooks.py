"""Puts the ids of things that exist into most of the requests that schemathesis makes, so that they reach more than "not found".

Only an id of the right form is replaced: what was made up to be wrong stays wrong.
"""

import json
import os
import re
import zlib

import schemathesis

REAL = json.loads(os.environ.get("CONTRACT_IDS", "{}"))  # by prefix: the ids of things that exist
ID = re.compile(r"^([a-z]{2,3})_[0-7][0-9A-HJKMNP-TV-Z]{25}$")
MADE_UP = 8  # one in so many ids stays made up


def real(value):
    if isinstance(value, dict):
        return {k: real(v) for k, v in value.items()}
    if isinstance(value, list):
        return [real(v) for v in value]
    match = ID.match(value) if isinstance(value, str) else None
    if not match or match[1] not in REAL:
        return value
    number = zlib.crc32(value.encode())
    ids = REAL[match[1]]
    return value if number % MADE_UP == 0 else ids[number // MADE_UP % len(ids)]


def reached(parameters, name):
    """A position that the log has not reached is rightly answered with 503 by a file; here all are positions that it has."""
    if parameters and str(parameters.get(name, "")).isdecimal():
        parameters[name] = "0"


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.path_parameters:
        case.path_parameters = real(dict(case.path_parameters))
        if "workspaceId" in case.path_parameters and case.meta and case.meta.generation.mode.is_positive:
            case.path_parameters["workspaceId"] = REAL["ws"][0]
    reached(case.query, "min_position")
    reached(case.headers, "Morket-Min-Position")
    if isinstance(case.body, (dict, list)):
        case.body = real(case.body)


def sent(value):
    """Whether anything of the value is in an address: nothing is of null, and of what is empty."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return any(sent(v) for v in value)
    return value is not None


@schemathesis.hook
def filter_query(context, query):
    """Leaves out what would be sent as if it were not there, and so be rightly answered although it is wrong."""
    return all(sent(v) for v in (query or {}).values())
