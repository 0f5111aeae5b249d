"""EPost: a list of UIDs, kept on the history server (NBK25499)."""

from litwatch.demo.calls import Call, Reply, valid_uids
from litwatch.demo.xml import element, envelope, errors

ROOT = "ePostResult"
_EMPTY = "Empty ID list; Nothing to store"
_INVALID = "Some IDs have invalid value and were omitted. Maximum ID value 18446744073709551615"


def epost(call: Call) -> Reply:
    """Where the UIDs are kept now; whether they exist is not asked."""
    if not call.has_pubmed:
        return errors(ROOT, [f"Invalid db name specified: {call.params.get('db')}"])
    asked = call.params.ids()
    uids = tuple(valid_uids(asked))
    omitted = [_INVALID] if len(uids) < len({uid.lstrip("0") for uid in asked}) else []
    if not uids:
        return errors(ROOT, [_EMPTY, *omitted])
    environment, key = call.history.keep(uids, call.params.get("WebEnv"))
    content = [element("QueryKey", key), element("WebEnv", environment)]
    content += [element("ERROR", text) for text in omitted]
    return Reply(envelope(ROOT, "".join(f"\n\t{each}" for each in content) + "\n"))
