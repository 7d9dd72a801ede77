"""What happens in a run of ansible-playbook: one JSON object a line on stdout, and nothing else there."""

import json
import sys

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "lambdastack_events"

    def _say(self, **event):
        sys.stdout.write(json.dumps(event, default=str, sort_keys=True) + "\n")
        sys.stdout.flush()

    @staticmethod
    def _parts(result):
        # the names without an underscore came with ansible-core 2.19
        host = getattr(result, "host", None) or result._host
        task = getattr(result, "task", None) or result._task
        values = getattr(result, "result", None) or result._result
        return host.get_name(), task.get_name(), values

    def _went_wrong(self, event, result):
        host, task, values = self._parts(result)
        said = [values.get(key) for key in ("censored", "msg", "stderr", "module_stderr")]
        for item in values.get("results") or []:
            if isinstance(item, dict) and item.get("failed"):
                said.append(item.get("msg"))
        words = "\n".join(str(one).strip() for one in said if one)
        self._say(event=event, machine=host, task=task, message=words[:4000])

    def v2_playbook_on_play_start(self, play):
        self._say(event="play", name=play.get_name())

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._say(event="task", name=task.get_name())

    def v2_playbook_on_handler_task_start(self, task):
        self._say(event="task", name=task.get_name())

    def v2_runner_on_start(self, host, task):
        self._say(event="start", machine=host.get_name(), task=task.get_name())

    def v2_runner_on_ok(self, result):
        host, task, values = self._parts(result)
        self._say(event="ok", machine=host, task=task, changed=bool(values.get("changed", False)))

    def v2_runner_on_skipped(self, result):
        host, task, _ = self._parts(result)
        self._say(event="skipped", machine=host, task=task)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self._went_wrong("failed", result)

    def v2_runner_on_unreachable(self, result):
        self._went_wrong("unreachable", result)

    def v2_playbook_on_no_hosts_matched(self):
        self._say(event="nobody")

    def v2_playbook_on_stats(self, stats):
        returned = {host: values for host, values in stats.custom.items() if host != "_run"}
        self._say(event="end", returned=returned)
