#!/bin/sh
# Installs what the mail check uses: Debian packages, as root and where missing, and npm packages in
# the folder of this file. Says what it leaves out; the tests of the missing part are then skipped.
set -eu
cd "$(dirname "$0")"

wanted="postfix dovecot-imapd dovecot-lmtpd spamassassin w3m chromium nodejs npm
default-jre-headless fonts-dejavu-core fonts-wqy-zenhei"
missing=""
for package in $wanted; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
        *" installed") ;;
        *) missing="$missing $package" ;;
    esac
done

# A command can also be there without Debian's package of it.
for pair in postfix:postfix spamassassin:spamassassin w3m:w3m chromium:chromium nodejs:node npm:npm \
    default-jre-headless:java; do
    if command -v "${pair#*:}" >/dev/null; then
        missing=$(echo " $missing " | sed "s/ ${pair%:*} / /")
    fi
done
missing=$(echo $missing)

if [ -z "$missing" ]; then
    echo "mail-check: every Debian package is there"
elif ! command -v apt-get >/dev/null; then
    echo "mail-check: no apt-get here, so these are not installed: $missing"
elif [ "$(id -u)" -ne 0 ]; then
    echo "mail-check: not root, so these are not installed: $missing"
else
    echo "mail-check: installing $missing"
    # The check starts servers of its own on private ports; the system's shall not start.
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $missing >/dev/null
fi

if ! command -v npm >/dev/null; then
    echo "mail-check: no npm, so no checks of the HTML"
elif ! cmp -s package.json node_modules/.installed; then
    npm install --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error
    cp package.json node_modules/.installed
fi
