"""The secret that lies at a place: `file:/PATH` where lambdastack runs, or `vault:NAME` in its vault.

Nothing that is said here shows a secret, and nothing is written.
"""

import os

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

DOCUMENTATION = """
name: lambdastack_secret
short_description: the secret that lies at a place
options:
  _terms:
    description: places, `file:/PATH` or `vault:NAME`
    required: true
"""


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        return [self._secret(str(term)) for term in terms]

    def _secret(self, place):
        kind, _, rest = place.partition(":")
        if kind == "file" and rest.startswith("/"):
            return self._from_file(rest)
        if kind == "vault" and rest:
            return self._from_vault(rest)
        # what is written there may be the secret itself
        raise AnsibleError("a secret is told by its place: `file:/PATH` or `vault:NAME`")

    @staticmethod
    def _from_file(path):
        try:
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        except OSError as error:
            raise AnsibleError("the secret in `%s` cannot be read: %s" % (path, error.strerror)) from None
        except ValueError:
            raise AnsibleError("the secret in `%s` is not text in UTF-8" % path) from None
        # the end of the last line is not part of it
        if text.endswith("\n"):
            text = text[:-1].removesuffix("\r")
        return text

    def _from_vault(self, name):
        path = os.environ.get("LAMBDASTACK_OPENED_VAULT")
        if not path:
            raise AnsibleError("`vault:%s` is asked for, and the vault is not open: `--vault-password-file FILE`" % name)
        try:
            secrets = self._loader.load_from_file(path)
        except Exception:
            # what a parser says may quote what is there
            raise AnsibleError("the vault %s cannot be opened, or is no map of names and texts" % path) from None
        if not isinstance(secrets, dict) or name not in secrets:
            raise AnsibleError("`%s` is not in the vault %s" % (name, path))
        if not isinstance(secrets[name], str):
            raise AnsibleError("`%s` in the vault %s is not text: put it into quotes" % (name, path))
        return str(secrets[name])
