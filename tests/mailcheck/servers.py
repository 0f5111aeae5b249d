"""Debian's Postfix and Dovecot on the loopback, apart from the system's own: folder, ports, users.

Postfix takes mail for `DOMAIN` over SMTP and hands it to Dovecot over LMTP; Dovecot keeps it in
maildirs and gives it out over IMAP. Both need root, and Dovecot this configuration's release, 2.3.
"""

import imaplib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from litwatch.settings import Smtp
from postbox import CERTIFICATE, HOST, free_port

DOMAIN = "example.org"
LATER = f"later@{DOMAIN}"
"""An address that Postfix refuses for now, as a greylist does."""
NOBODY = f"nobody@{DOMAIN}"
"""An address that Postfix does not know."""
MAX_BYTES = 400_000
PASSWORD = "loopback"

_POSTFIX = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.{domain}
mydestination =
mynetworks =
alias_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = regexp:{folder}/readers
virtual_transport = lmtp:unix:{folder}/dovecot/lmtp
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ {later} = 450 4.2.0 try again later }} }}
    reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {certificate}
message_size_limit = {max_bytes}
"""

_SERVICES = """\
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

_DOVECOT = """\
base_dir = {folder}/dovecot
state_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%n
first_valid_uid = 1
mail_uid = nobody
mail_gid = nogroup
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = home={folder}/mail/%n allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Servers:
    """How to reach them."""

    smtp: Smtp
    imap_port: int
    folder: Path

    def inbox(self, address: str, *, count: int, wait_seconds: float = 60.0) -> list[bytes]:
        """The messages of an address as IMAP gives them, once there are so many."""
        deadline = time.monotonic() + wait_seconds
        while True:
            messages = self._fetch(address.partition("@")[0])
            if len(messages) >= count:
                return messages
            if time.monotonic() > deadline:
                log = (self.folder / "postfix.log").read_text(errors="replace")
                raise AssertionError(f"{len(messages)} of {count} came; Postfix says:\n{log}")
            time.sleep(0.2)

    def _fetch(self, user: str) -> list[bytes]:
        with imaplib.IMAP4(HOST, self.imap_port, timeout=30) as imap:
            imap.login(user, PASSWORD)
            imap.select("INBOX", readonly=True)
            numbers = imap.search(None, "ALL")[1][0].split()
            fetched = [imap.fetch(number.decode(), "(BODY.PEEK[])")[1][0] for number in numbers]
            return [answer[1] for answer in fetched if isinstance(answer, tuple)]


@contextmanager
def running(folder: Path) -> Iterator[Servers]:
    """Both servers, with nothing in them yet; stopped at the end, whatever happened.

    Every user must be able to pass through `folder`: the servers run as users of their own.
    """
    smtp_port, imap_port = free_port(), free_port()
    postfix = _postfix(folder, smtp_port)
    dovecot = _dovecot(folder, imap_port)
    with (
        _daemon(["dovecot", "-F", "-c", str(dovecot)], imap_port, folder / "dovecot.out"),
        _daemon(["postfix", "-c", str(postfix), "start-fg"], smtp_port, folder / "postfix.out"),
    ):
        try:
            yield Servers(Smtp(HOST, smtp_port, security="starttls"), imap_port, folder)
        finally:
            subprocess.run(["postfix", "-c", str(postfix), "stop"], capture_output=True, check=True)


def _postfix(folder: Path, port: int) -> Path:
    settings = folder / "postfix"
    settings.mkdir()
    (folder / "queue").mkdir()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "readers").write_text(f"/^reader[0-9]*@{DOMAIN}$/ yes\n")
    (settings / "main.cf").write_text(
        _POSTFIX.format(
            folder=folder,
            domain=DOMAIN,
            later=LATER,
            certificate=_for_root_alone(folder),
            max_bytes=MAX_BYTES,
        )
    )
    (settings / "master.cf").write_text(_SERVICES.format(port=f"{HOST}:{port}"))
    return settings


def _for_root_alone(folder: Path) -> Path:
    copy = folder / "loopback.pem"
    shutil.copyfile(CERTIFICATE, copy)
    copy.chmod(0o600)
    return copy


def _dovecot(folder: Path, port: int) -> Path:
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "nobody", "nogroup")
    settings = folder / "dovecot.conf"
    settings.write_text(_DOVECOT.format(folder=folder, port=port, password=PASSWORD))
    return settings


@contextmanager
def _daemon(command: list[str], port: int, output: Path) -> Iterator[None]:
    """A server in the foreground, from the moment its port is open."""
    with output.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            deadline = time.monotonic() + 30
            while not _is_open(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{' '.join(command)}: {output.read_text()}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def _is_open(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex((HOST, port)) == 0
