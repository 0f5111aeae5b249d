"""config.toml and the environment: what is accepted, what is refused, and how it is said."""

import os
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from litwatch import config as config_module
from litwatch.config import checks as check
from litwatch.config import find, load, template
from litwatch.config.lines import key_lines, line_of
from litwatch.errors import ConfigError
from litwatch.models import ORGAN_ROLES, TREATMENT_ROLES
from litwatch.settings import sqlite_url

ROOT = Path(__file__).parent.parent
MINIMAL = """\
[ncbi]
email = "you@example.org"

[[topics]]
id = "scleromyxedema"
query = "scleromyxedema[tiab]"
"""
TABLES = ("litwatch", "ncbi", "mail", "smtp", "schedule", "notify", "topics", "subscribers")


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(folder: Path, text: str, environ: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(write(folder, text), environ or {})
    return caught.value.faults


# ---- the shipped file ----------------------------------------------------------------------------


def test_the_shipped_configuration_loads_as_it_is() -> None:
    config = load(ROOT / "config.toml", {})
    assert [topic.id for topic in config.topics] == [
        "scleromyxedema",
        "papular_mucinosis",
        "scleredema",
        "rem",
        "follicular_mucinosis",
        "cutaneous_mucinosis",
    ]
    assert "30232531" in config.topics[0].controls
    assert [subscriber.email for subscriber in config.subscribers] == ["a.reader@example.org"]
    assert config.smtp is None


def test_the_shipped_configuration_is_what_init_writes() -> None:
    assert (ROOT / "config.toml").read_bytes().decode() == template()


def test_the_shipped_configuration_names_every_key_with_its_default(tmp_path: Path) -> None:
    shipped = load(ROOT / "config.toml", {})
    minimal = load(write(tmp_path, MINIMAL + '[[subscribers]]\nemail="a.reader@example.org"\n'), {})
    for name in ("timezone", "rules", "recheck_days", "mail", "fetch_cron", "ping_url"):
        assert getattr(shipped, name) == getattr(minimal, name)
    assert replace(shipped.ncbi, database_file="") == replace(minimal.ncbi, database_file="")
    assert shipped.notify_email == minimal.notify_email == ""
    assert shipped.subscribers[0].filters == minimal.subscribers[0].filters
    commented = re.sub(r"^# (?=\[smtp\]|[a-z_]+ = )", "", template(), flags=re.MULTILINE)
    tables = tomllib.loads(commented)
    assert set(tables["smtp"]) == {"host", "port", "security", "username", "password_file"} | {
        "per_minute"
    }
    assert set(tables["subscribers"][0]) == {
        *("name", "email", "topics", "treatments", "roles", "organs", "study_types", "languages"),
        *("frequency", "day", "hour", "timezone", "empty"),
    }


TERM = re.compile(r'(?:"[^"]+"|[A-Za-z*]+)\[([a-z]+(?::noexp|:~[0-9])?)\]')


@pytest.mark.parametrize("topic", load(ROOT / "config.toml", {}).topics, ids=lambda topic: topic.id)
def test_every_shipped_query_leaves_nothing_for_pubmed_to_reinterpret(topic) -> None:
    rest = TERM.sub("", topic.query)
    assert set(re.findall(r"[^\s()]+", rest)) <= {"AND", "OR", "NOT"}
    for word in re.findall(r"\w*\*", topic.query):
        assert len(word) > len("abcd"), word
    assert not re.findall(r'"[^"]*\*[^"]*"\[', topic.query)
    for phrase, field in re.findall(r'"([^"]+ [^"]+)"\[([^\]]+)\]', topic.query):
        assert field in {"mh", "tiab:~0", "tiab:~1"}, phrase


# ---- defaults and paths --------------------------------------------------------------------------


def test_an_address_and_one_topic_are_enough(tmp_path: Path) -> None:
    config = load(write(tmp_path, MINIMAL), {})
    assert config.database == f"sqlite:///{tmp_path.as_posix()}/litwatch.db"
    assert config.outbox == tmp_path / "outbox"
    assert config.topics[0].label == "Scleromyxedema"
    assert config.subscribers == ()
    assert config.mail.sender == config.mail.reply_to == "you@example.org"
    assert config.mail.unsubscribe == "mailto:you@example.org?subject=unsubscribe"
    assert config.ncbi.base_url == "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"


def test_relative_paths_start_at_the_file_and_absolute_ones_stay(tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    (folder / "more.toml").write_text("", encoding="utf-8")
    text = """[litwatch]
database = "sqlite:////var/lib/litwatch.db"
outbox = "mail/out"
rules = ["more.toml"]
"""
    config = load(write(folder, text + MINIMAL), {})
    assert config.database == "sqlite:////var/lib/litwatch.db"
    assert config.outbox == folder / "mail" / "out"
    assert config.rules == (folder / "more.toml",)


@pytest.mark.parametrize("name", ["w?x", "w#x%41", "with blanks", os.fsdecode(b"w\xff")])
def test_a_folder_with_signs_in_its_name_holds_its_own_database(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    assert load(write(folder, MINIMAL), {}).database == sqlite_url(folder / "litwatch.db")


def test_a_database_s_file_is_named_as_it_is_and_not_quoted(tmp_path: Path) -> None:
    text = f'[litwatch]\ndatabase = "sqlite:///a%41 #b.db"\n{MINIMAL}'
    assert load(write(tmp_path, text), {}).database == sqlite_url(tmp_path / "a%41 #b.db")


def test_postgresql_stays_as_it_is_and_its_password_out_of_the_repr(tmp_path: Path) -> None:
    url = "postgresql+psycopg://user:hunter2@db.example.org:5432/litwatch"
    config = load(write(tmp_path, f'[litwatch]\ndatabase = "{url}"\n{MINIMAL}'), {})
    assert config.database == url
    assert "hunter2" not in repr(config)


def test_reply_to_gives_the_unsubscribe_address(tmp_path: Path) -> None:
    text = MINIMAL + '[mail]\nreply_to = "Doctor Who <a&b@example.org>"\n'
    assert load(write(tmp_path, text), {}).mail.unsubscribe == (
        "mailto:a%26b@example.org?subject=unsubscribe"
    )


def test_the_envelope_sender_and_how_long_mails_are_kept_are_settings(tmp_path: Path) -> None:
    text = MINIMAL + f'[mail]\nenvelope_sender = "{"b" * 39}@example.org"\nkeep_days = 30\n'

    mail = load(write(tmp_path, text), {}).mail

    assert (mail.envelope_sender, mail.keep_days) == (f"{'b' * 39}@example.org", 30)
    default = load(write(tmp_path, MINIMAL), {}).mail
    assert (default.envelope_sender, default.keep_days) == ("", 365)


def test_a_subscriber_is_known_by_the_lower_cased_address(tmp_path: Path) -> None:
    text = MINIMAL + '[[subscribers]]\nemail = "A.Reader@Example.org"\nroles = ["given"]\n'
    (subscriber,) = load(write(tmp_path, text), {}).subscribers
    assert subscriber.email == "a.reader@example.org"
    assert subscriber.filters.roles == ("given",)
    assert subscriber.timezone == "Europe/Berlin"


def test_a_query_over_several_lines_becomes_one(tmp_path: Path) -> None:
    text = MINIMAL.replace('"scleromyxedema[tiab]"', "'''\na[ti]\n  OR b[ti]\n'''")
    assert load(write(tmp_path, text), {}).topics[0].query == "a[ti] OR b[ti]"


def test_the_pace_file_tells_servers_and_keys_apart(tmp_path: Path) -> None:
    local = MINIMAL.replace('email = "y', 'base_url = "http://127.0.0.1:8080/x"\nemail = "y')
    ncbi = load(write(tmp_path, local), {"LITWATCH_NCBI_API_KEY": "abc"}).ncbi
    assert Path(ncbi.pace_file).name == "pace-127.0.0.1-8080-key"
    assert ncbi.base_url == "http://127.0.0.1:8080/x/"
    assert Path(load(write(tmp_path, MINIMAL), {}).ncbi.pace_file).name.endswith("-nokey")


def test_users_with_homes_of_their_own_find_one_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, MINIMAL)
    (tmp_path / "litwatch.db").symlink_to("elsewhere.db")
    found = set()
    for user in ("daemon", "operator"):
        monkeypatch.setenv("HOME", str(tmp_path / user))
        found.add(load(file, {}).ncbi.database_file)

    assert found == {str(tmp_path / "elsewhere.db")}


# ---- faults --------------------------------------------------------------------------------------


def test_five_faults_give_five_lines_each_with_its_own(tmp_path: Path) -> None:
    text = """\
[litwatch]
timezone = "Europe/Berlim"

[ncbi]
emial = "you@example.org"

[[topics]]
id = "a"
query = '''
[[subscribers]]
= "
" [not a table]
'''

[[topics]]
id = "b"
query = ""

[[subscribers]]
email = "a@example.org"
topics = [
  "a",  # fine
  "bb",
]
"""
    assert faults_of(tmp_path, text) == (
        "config.toml:2: litwatch.timezone: unknown time zone; the nearest known is Europe/Berlin",
        "config.toml:4: ncbi.email: is missing",
        "config.toml:5: ncbi.emial: unknown key; the nearest known is email",
        "config.toml:17: topics.2.query: must not be blank",
        "config.toml:23: subscribers.1.topics.2: unknown topic; the nearest known is b",
    )


def test_an_unknown_topic_that_looks_like_none_is_told_which_there_are(tmp_path: Path) -> None:
    topic = '[[topics]]\nid = "v"\nquery = "x"\n'
    reader = '[[subscribers]]\nemail = "a@example.org"\ntopics = ["zzz"]\n'

    (fault,) = faults_of(tmp_path, f'[ncbi]\nemail = "a@example.org"\n{topic}{reader}')

    assert fault.endswith("unknown topic; known are v")


def test_a_file_without_anything_names_what_is_needed(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "") == (
        "config.toml:1: ncbi.email: is missing",
        "config.toml:1: topics: at least one [[topics]] is needed",
    )


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('database = "mysql://x/y"', "must begin with sqlite:/// or postgresql+psycopg://"),
        ('database = "sqlite:///l.db?timeout=abc"', "must end with the file's name: no ?"),
        ('database = "sqlite:///l.db?"', "must end with the file's name: no ?"),
        (f'rules = ["{"n" * 300}"]', "there is no such file"),
        ('database = "sqlite:///:memory:"', "must name a file: sqlite:///litwatch.db"),
        ('database = "postgresql+psycopg://u:hunter2@h"', "must name a database"),
        ('database = "postgresql+psycopg://u:hunter2@[h/x"', "is not a URL"),
        ("recheck_days = 0", "must be greater than or equal to 1"),
        ("recheck_days = true", "must be a whole number"),
        ("recheck_days = 9.0", "must be a whole number"),
        ('outbox = " "', "must not be blank"),
        ('rules = ["none.toml"]', "there is no such file"),
        ('rules = "none.toml"', "must be a list"),
        ("timezone = 1", "must be a string"),
        ('timezone = "/etc/localtime"', "unknown time zone"),
        ('timezone = "Europe"', "unknown time zone"),
    ],
)
def test_a_wrong_general_setting_is_refused(tmp_path: Path, line: str, fault: str) -> None:
    (only,) = faults_of(tmp_path, f"[litwatch]\n{line}\n{MINIMAL}")
    assert only.startswith("config.toml:2: litwatch.")
    assert fault in only
    assert "hunter2" not in only


@pytest.mark.parametrize(
    ("table", "line", "fault"),
    [
        ("mail", r'sender = "litwatch <a@example.org>\r\nBcc: b@example.org"', "must be one line"),
        ("mail", r'sender = "lit\u0085watch <a@example.org>"', "must be one line"),
        ("mail", 'sender = "Smith, J. <a@example.org>"', "quote a name"),
        ("mail", 'reply_to = "a@b@example.org"', "must be an address"),
        ("mail", 'unsubscribe = "http://example.org/u"', "must begin with mailto: or https:"),
        ("mail", 'unsubscribe = "mailto:nobody"', "is not an e-mail address"),
        ("mail", 'unsubscribe = "https://"', "must begin with mailto: or https:"),
        ("mail", r'unsubscribe = "mailto:a@example.org\nX: y"', "without blanks"),
        ("mail", f'unsubscribe = "https://example.org/{"u" * 900}"', "unsubscribe: is too long"),
        ("mail", 'sender = "litwatch <a=?b@example.org>"', "sender: must be an address"),
        ("mail", 'reply_to = "a=?utf-8?q?b?=@example.org"', "reply_to: must be an address"),
        ("mail", 'envelope_sender = "a=?b@example.org"', "envelope_sender: is not an e-mail"),
        ("mail", 'envelope_sender = "litwatch <b@example.org>"', "is not an e-mail address"),
        ("mail", f'envelope_sender = "{"b" * 40}@example.org"', "no room for the token"),
        ("mail", "keep_days = 0", "must be greater than or equal to 1"),
        ("mail", 'keep_days = "365"', "must be a whole number"),
        ("schedule", 'fetch = "10 6 * *"', "must have five fields"),
        ("schedule", 'fetch = "10 6 * * 1"', "number them differently"),
        ("schedule", 'fetch = "10 6 * * sun-mon"', "must run from mon towards sun"),
        ("schedule", 'fetch = "10 6 1 * mon"', "must not name a day of the month and a weekday"),
        ("schedule", 'fetch = "60 6 * * *"', "the minute must be *, or from 0 to 59: 60"),
        ("schedule", 'fetch = "*/0 6 * * *"', "the minute has a wrong step"),
        ("schedule", 'ping_url = "ftp://example.org/"', "must be an http or https URL"),
        ("notify", 'email = "me"', "is not an e-mail address"),
        ("smtp", 'host = "smtp.example.org"\nport = 0', "must be greater than or equal to 1"),
        ("smtp", 'host = "h"\nsecurity = "ssl"', "must be starttls, tls or none"),
        ("smtp", 'host = "https://h"', "must be a host name"),
        ("smtp", f'host = "{"h" * 64}.example.org"', "must be a host name"),
        ("smtp", f'host = "{"h." * 127}org"', "must be a host name"),
        ("schedule", f'ping_url = "https://{"h" * 64}.org/"', "must be an http or https URL"),
        ("schedule", 'ping_url = "https://h..org/"', "must be an http or https URL"),
        ("notify", f'email = "me@{"h" * 64}.org"', "is not an e-mail address"),
        ("smtp", "port = 25", "is missing"),
        ("smtp", 'host = "h"\npassword = "hunter2"', "the nearest known is password_file"),
        ("smtp", 'host = "h"\nusername = "u"', "set LITWATCH_SMTP_PASSWORD or password_file"),
        ("topics", "", "must be a table"),
        ("topic", "", "unknown key; the nearest known is topics"),
    ],
)
def test_a_wrong_setting_is_refused(tmp_path: Path, table: str, line: str, fault: str) -> None:
    text = MINIMAL + f"[{table}]\n{line}\n" if table != "topics" else "topics = [5]\n[ncbi]\n"
    text = text if table != "topics" else text + 'email = "you@example.org"\n'
    (only,) = faults_of(tmp_path, text)
    assert fault in only
    assert "hunter2" not in only


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('roles = ["give"]', "unknown; the nearest known is given"),
        ('study_types = ["letters"]', "unknown; the nearest known is letter"),
        ('languages = ["en"]', "must be a three-letter code"),
        ('languages = ["deu"]', "MEDLINE writes ger"),
        ('languages = ["eng", "fra"]', "MEDLINE writes fre"),
        ("hour = 24", "must be less than or equal to 23"),
        ('day = "mon"', "must be monday,"),
        ('frequency = "yearly"', "must be daily,"),
        ('empty = "no"', "must be send or skip"),
        ('timezone = "Mars/Olympus"', "unknown time zone"),
        (r'name = "A\nBcc: b@example.org"', "must be one line"),
        ("treatments = [7]", "must be a string"),
    ],
)
def test_a_wrong_subscriber_is_refused(tmp_path: Path, line: str, fault: str) -> None:
    text = MINIMAL + f'[[subscribers]]\nemail = "a@example.org"\n{line}\n'
    (only,) = faults_of(tmp_path, text)
    assert only.startswith("config.toml:9: subscribers.1.")
    assert fault in only


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('id = "Sclero"', "must be lower-case letters"),
        (r'id = "sclero\n"', "must be lower-case letters"),
        ('query = "(a[ti] OR b[ti]"', "has a ( that is not closed"),
        ('query = "a[ti])("', "has a ) too many"),
        ("""query = '"a[ti]'""", 'has a " that is not closed'),
        ("controls = [0]", "must be greater than or equal to 1"),
        ('controls = ["30232531"]', "must be a whole number"),
        (r'label = "A\nB"', "must be one line"),
    ],
)
def test_a_wrong_topic_is_refused(tmp_path: Path, line: str, fault: str) -> None:
    keys = {"id": '"x"', "query": '"x[ti]"'}
    keys.pop(line.split(" ", maxsplit=1)[0], None)
    rest = "\n".join(f"{key} = {value}" for key, value in keys.items())
    (only,) = faults_of(tmp_path, f"{MINIMAL}[[topics]]\n{line}\n{rest}\n")
    assert only.startswith("config.toml:8: topics.2.")
    assert fault in only


def test_parentheses_inside_quotes_need_no_partner(tmp_path: Path) -> None:
    text = MINIMAL.replace('"scleromyxedema[tiab]"', """'"a (b"[ti]'""")
    assert load(write(tmp_path, text), {}).topics[0].query == '"a (b"[ti]'


def test_what_two_tables_share_is_a_fault_even_beside_others(tmp_path: Path) -> None:
    text = """\
ncbi.email = 5
[[topics]]
id = "a"
query = "a[ti]"
[[topics]]
id = "a"
query = "b[ti]"
[[subscribers]]
email = "a@example.org"
[[subscribers]]
email = "A@example.org"
"""
    assert faults_of(tmp_path, text) == (
        "config.toml:1: ncbi.email: must be a string",
        "config.toml:6: topics.2.id: is the id of topics.1 too",
        "config.toml:11: subscribers.2.email: is the address of subscribers.1 too",
    )


@pytest.mark.parametrize("value", ["5", '"x"', "[5]", "[[]]", "true", "1979-05-27", "inf"])
@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_another_shape_is_a_fault(tmp_path: Path, table: str, value: str) -> None:
    other = "\n".join(part for part in MINIMAL.split("\n\n") if f"[{table}]" not in part)
    (only,) = faults_of(tmp_path, f"{table} = {value}\n{other}")
    assert re.match(rf"config\.toml:1: {table}(\.1)?: must be a (table|list)$", only)


# ---- the file itself -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"a = 1\nb = = 2\n", "config.toml:2: is not TOML: invalid value"),
        (b"a = 1\n\nb = ", "config.toml:3: is not TOML: "),
        (b"a = 1\na = 2\n", "config.toml:2: is not TOML: cannot overwrite a value"),
        (b'a = "\xe9"\n', "config.toml:1: is not UTF-8; save it as UTF-8"),
        (b"\xef\xbb\xbfa = 1\n", "config.toml:1: begins with a byte-order mark"),
        (b"a = " + b"[" * 5000, "config.toml: is nested too deeply"),
        (b"a = " + b"9" * 5000, "config.toml:1: is not TOML: exceeds the limit"),
    ],
)
def test_an_unreadable_file_is_one_clear_line(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    (only,) = caught.value.faults
    assert only.startswith(fault)
    assert "\n" not in only


def test_a_folder_in_place_of_the_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, {})


# ---- secrets and the environment -----------------------------------------------------------------


def test_secrets_come_from_the_environment_or_from_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n k3y \n", encoding="utf-8")
    text = MINIMAL.replace("[ncbi]", '[ncbi]\napi_key_file = "key"')
    text += '[smtp]\nhost = "smtp.example.org"\nusername = "u"\n'
    config = load(write(tmp_path, text), {"LITWATCH_SMTP_PASSWORD": "hunter2"})
    assert config.ncbi.api_key.reveal() == "k3y"
    assert config.smtp is not None
    assert config.smtp.password.reveal() == "hunter2"
    assert "k3y" not in repr(config)
    assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"", "on one line"), (b"a\nb", "on one line"), (b"\xff", "UTF-8"), (None, "cannot be read")],
)
def test_a_secret_file_that_is_wrong_is_a_fault(
    tmp_path: Path, content: bytes | None, fault: str
) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    (only,) = faults_of(tmp_path, MINIMAL.replace("[ncbi]", '[ncbi]\napi_key_file = "key"'))
    assert only.startswith("config.toml:2: ncbi.api_key_file: ")
    assert fault in only


def test_a_password_needs_a_username_and_a_protected_line(tmp_path: Path) -> None:
    text = MINIMAL + '[smtp]\nhost = "smtp.example.org"\nsecurity = "none"\n'
    faults = faults_of(tmp_path, text, {"LITWATCH_SMTP_PASSWORD": "hunter2"})
    assert faults == (
        "config.toml:7: smtp: has a password and no username",
        "config.toml:9: smtp.security: must be starttls or tls: the password would travel in clear",
    )


def test_a_password_may_go_unprotected_to_this_machine(tmp_path: Path) -> None:
    text = MINIMAL + '[smtp]\nhost = "127.0.0.1"\nsecurity = "none"\nusername = "u"\n'
    config = load(write(tmp_path, text), {"LITWATCH_SMTP_PASSWORD": "hunter2"})
    assert config.smtp is not None
    assert config.smtp.security == "none"


def test_a_key_is_not_sent_in_clear_to_another_machine(tmp_path: Path) -> None:
    text = MINIMAL.replace("[ncbi]", '[ncbi]\nbase_url = "http://ncbi.example.org/"')
    assert load(write(tmp_path, text), {}).ncbi.base_url == "http://ncbi.example.org/"
    (only,) = faults_of(tmp_path, text, {"LITWATCH_NCBI_API_KEY": "k3y"})
    assert only.startswith("config.toml:2: ncbi.base_url: must be https")
    assert "k3y" not in only


def test_an_unknown_variable_of_ours_is_a_fault(tmp_path: Path) -> None:
    environ = {"LITWATCH_NCBI_KEY": "k3y", "LITWATCH_CONFIG": "x", "HOME": "/"}
    assert faults_of(tmp_path, MINIMAL, environ) == (
        "environment: LITWATCH_NCBI_KEY: unknown variable;"
        " the nearest known is LITWATCH_NCBI_API_KEY",
    )


# ---- finding the file ----------------------------------------------------------------------------


def test_the_named_file_wins_then_the_environment_then_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    environ = {"LITWATCH_CONFIG": str(tmp_path / "b.toml")}
    with pytest.raises(ConfigError, match=r"\$LITWATCH_CONFIG.*litwatch init"):
        find(None, environ)
    with pytest.raises(ConfigError, match="litwatch init"):
        find(None, {})
    for name in ("a.toml", "b.toml", "config.toml"):
        (tmp_path / name).touch()
    assert find(Path("a.toml"), environ) == Path("a.toml")
    assert find(None, environ) == tmp_path / "b.toml"
    assert find(None, {}) == Path("config.toml")
    with pytest.raises(ConfigError, match=r"--config: no file c\.toml"):
        find(Path("c.toml"), environ)


def test_the_users_folder_is_looked_at_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    monkeypatch.setattr("platformdirs.user_config_path", lambda _: tmp_path)
    (tmp_path / "config.toml").touch()
    assert find(None, {}) == tmp_path / "config.toml"


def test_a_name_that_no_file_can_have_is_not_found(tmp_path: Path) -> None:
    name = "n" * 300
    with pytest.raises(ConfigError, match="--config: no file n"):
        find(Path(name), {})
    with pytest.raises(ConfigError, match="LITWATCH_CONFIG: no file n"):
        find(None, {"LITWATCH_CONFIG": name})


@pytest.mark.parametrize("code", ["ger", "fre", "chi", "cze", "dut", "gre", "eng", "jpn", "spa"])
def test_a_language_is_written_as_medline_writes_it(code: str) -> None:
    assert check.language(code) == code


@pytest.mark.parametrize("role", [*TREATMENT_ROLES, *ORGAN_ROLES])
def test_a_reader_may_ask_for_every_role_of_a_treatment_or_an_organ(
    tmp_path: Path, role: str
) -> None:
    text = f'{MINIMAL}[[subscribers]]\nemail = "a@example.org"\nroles = ["{role}"]\n'
    (subscriber,) = load(write(tmp_path, text), {}).subscribers
    assert subscriber.filters.roles == (role,)


# ---- wild input ----------------------------------------------------------------------------------

SCALARS = (
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["sqlite:///x\0.db", "sqlite:///~nobody/x", "~nobody/x", "a@b", "N <a@b>"])
    | st.sampled_from(["http://[", "https://h:99999/", "https://h/", "Etc", "* * * * mon", "none"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [(table, key) for table, model in config_module._MODELS.items() for key in model.model_fields]
)


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        pairs = (f"{as_toml(key)} = {as_toml(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'
    return str(value).lower()


@given(wild=st.dictionaries(KEYS, VALUES, max_size=6))
def test_no_value_anywhere_gives_anything_but_a_configuration_or_faults(
    wild: dict[tuple[str, str], object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables = {"ncbi": {"email": "a@b"}, "topics": {"id": "a", "query": "a[ti]"}}
    for (table, key), value in wild.items():
        tables.setdefault(table, {})[key] = value
    lines = [f"{name} = {as_toml(_in_its_shape(name, table))}" for name, table in tables.items()]
    path = write(tmp_path_factory.mktemp("wild"), "\n".join(lines))
    try:
        faults: tuple[str, ...] = ()
        assert load(path, {}).topics
    except ConfigError as error:
        faults = error.faults
    for fault in faults:
        place = re.match(r"config\.toml:(\d+): (\w+)", fault)
        assert place is not None, fault
        assert lines[int(place[1]) - 1].startswith(f"{place[2]} = ")
        assert "\n" not in fault


def _in_its_shape(name: str, table: dict[str, object]) -> object:
    return [table] if name in {"topics", "subscribers"} else table


STEPS = st.sampled_from(["*", "*/2", "1", "1-2", "1-3/2", "2,4"])
WEEKDAYS = st.sampled_from(["*", "mon", "mon-fri", "sat,sun"])


@given(fields=st.tuples(STEPS, STEPS, STEPS, STEPS | st.sampled_from(["jan", "jan-mar"]), WEEKDAYS))
def test_every_accepted_schedule_is_one_the_scheduler_takes(fields: tuple[str, ...]) -> None:
    expression = " ".join(fields)
    try:
        check.cron(expression)
    except ValueError as error:
        assert "together" in str(error)  # noqa: PT017 - the other outcome is as good
    else:
        assert CronTrigger.from_crontab(expression, timezone="UTC")


# ---- lines ---------------------------------------------------------------------------------------


def test_lines_are_found_through_all_that_toml_allows() -> None:
    text = '''\
top."quoted key".x = 1  # comment = "no"
[a.b]
s = """
[not.a.table]
k = 2 \\""" ""
"""
l = \'\'\'x = [1\'\'\'
arr = [ # [
  1, "]",
  [2,
   3],
  { p = 1, q = "}" },
]
[[t]]
k = "é = \\" #"
[[t.u]]
v = 1979-05-27 07:32:00
[[t.u]]
[[t]]
[t.w]
z = 1
'''
    lines = key_lines(text.replace("\n", "\r\n"))
    assert tomllib.loads(text)
    expected = {
        ("top",): 1,
        ("top", "quoted key", "x"): 1,
        ("a", "b"): 2,
        ("a", "b", "s"): 3,
        ("a", "b", "l"): 7,
        ("a", "b", "arr", 0): 9,
        ("a", "b", "arr", 2): 10,
        ("a", "b", "arr", 2, 1): 11,
        ("a", "b", "arr", 3, "q"): 12,
        ("t",): 14,
        ("t", 0, "k"): 15,
        ("t", 0, "u", 0, "v"): 17,
        ("t", 0, "u", 1): 18,
        ("t", 1): 19,
        ("t", 1, "w", "z"): 21,
    }
    assert {place: lines.get(place) for place in expected} == expected
    assert line_of(("t", 1, "nothing", 3), lines) == 19
    assert ("not", "a", "table") not in lines


@given(document=st.dictionaries(st.text(max_size=5), VALUES, max_size=6), padding=st.text("\n\t "))
def test_every_key_of_any_document_has_its_line(document: dict[str, object], padding: str) -> None:
    pairs = document.items()
    lines = key_lines("\n".join(f"{as_toml(k)} = {as_toml(v)}{padding}" for k, v in pairs))
    for place, key in enumerate(document):
        assert lines[key,] == 1 + place * (1 + padding.count("\n"))
