#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""``python -m cdm_graph.notification.nova --table``: what events mean."""

import argparse
import collections.abc
import sys

from cdm_graph.notification.nova import events


def rows() -> collections.abc.Iterator[tuple[str, str, str]]:
    """Yield event type, format and authority of all that is in the table."""
    for name, table in (
        ('versioned', events.VERSIONED),
        ('legacy', events.LEGACY),
    ):
        for event_type in sorted(table.values(), key=lambda each: each.name):
            yield event_type.name, name, event_type.authority.value


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog='python -m cdm_graph.notification.nova',
        description="Nova's event types, and what each is believed for.",
    )
    parser.add_argument(
        '--table',
        action='store_true',
        required=True,
        help='print each event type with its format and its class',
    )
    parser.parse_args()
    sys.stdout.writelines(f'{line}\n' for line in lines())


def lines() -> collections.abc.Iterator[str]:
    """Yield the table as text, and how many there are of each format."""
    found = list(rows())
    wide = max(len(name) for name, _, _ in found)
    for name, format_, authority in found:
        yield f'{name:{wide}}  {format_:9}  {authority}'
    for format_, table in (
        ('versioned', events.VERSIONED),
        ('legacy', events.LEGACY),
    ):
        yield f'{len(table)} {format_} event types'


if __name__ == '__main__':
    main()
