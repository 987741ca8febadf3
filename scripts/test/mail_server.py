"""A real SMTP server for tests: takes mail and prints it, a JSON object a line. It ends with its standard input.

    mail_server.py                                     in the clear
    mail_server.py --tls CERTIFICATE KEY               only after STARTTLS
    mail_server.py --tls CERTIFICATE KEY --user U:P    and only for whoever signs in
"""

import argparse
import asyncio
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult


class Printing:
    async def handle_DATA(self, server, session, envelope):
        letter = message_from_bytes(envelope.content, policy=policy.default)
        said = {
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "subject": letter["subject"],
            "id": letter["message-id"],
            "text": letter.get_body(("plain",)).get_content(),
            "attached": {part.get_filename(): part.get_payload(decode=True).decode() for part in letter.iter_attachments()},
            "tls": session.ssl is not None,
            "authenticated": session.authenticated,
        }
        print(json.dumps(said), flush=True)
        return "250 taken"


async def main():
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
            return AuthResult(success=f"{data.login.decode()}:{data.password.decode()}" == asked.user)

        more |= {"authenticator": known, "auth_required": True}
    loop = asyncio.get_running_loop()
    # The port is the system's choice, which aiosmtpd's own controller can't be told.
    server = await loop.create_server(lambda: SMTP(Printing(), loop=loop, **more), "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
