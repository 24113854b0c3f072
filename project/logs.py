"""Log lines that stay one line each, whatever a title or a header of somebody else contains."""

import logging


class OneLineFormatter(logging.Formatter):
    """`time level logger message`; control characters of the message are escaped, so that no text
    from outside can forge a line or colour a terminal. Tracebacks keep their lines, indented."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        return "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode()
            for char in super().formatMessage(record)
        )
