"""A real SMTP server for tests: takes mail and prints it, a JSON object a line. It ends with its standard input.

    mail_server.py                                     in the clear
    mail_server.py --tls CERTIFICATE KEY               only after STARTTLS
    mail_server.py --tls CERTIFICATE KEY --user U:P    and only for whoever signs in
"""

import argparse
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Printing:
    async def handle_DATA(self, server, session, envelope):
        letter = message_from_bytes(envelope.content, policy=policy.default)
        said = {
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "subject": letter["subject"],
            "id": letter["message-id"],
            "text": letter.get_content(),
            "tls": session.ssl is not None,
            "authenticated": session.authenticated,
        }
        print(json.dumps(said), flush=True)
        return "250 taken"


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--tls", nargs=2)
    asked.add_argument("--user")
    asked = asked.parse_args()
    more = {}
    if asked.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*asked.tls)
        more |= {"tls_context": context, "require_starttls": True}
    if asked.user:

        def known(server, session, envelope, mechanism, data):
            right = f"{data.login.decode()}:{data.password.decode()}" == asked.user
            return AuthResult(success=right)

        more |= {"authenticator": known, "auth_required": True}
    controller = Controller(Printing(), hostname="127.0.0.1", port=0, **more)
    controller.start()
    print(json.dumps({"port": controller.server.sockets[0].getsockname()[1]}), flush=True)
    sys.stdin.read()
    controller.stop()


main()
