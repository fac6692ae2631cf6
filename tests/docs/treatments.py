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


"""What is done with a block, by its language.

A treatment takes a block and the desk of its document, and returns how the
block was treated; it raises where what the block says is not true.  There is
none for a language that nobody has thought of.
"""

import collections.abc
import configparser
import contextlib
import json
import pathlib
import re
import shlex
import typing
import urllib.request

import crossplane
from keystoneauth1 import loading as keystone_loading
from keystonemiddleware import opts as keystone_opts
from oslo_log import _options as log_options
from oslo_messaging import opts as messaging_opts
from oslo_policy import opts as policy_opts
import promql_parser
from sybil.evaluators import python
import yaml

from cdm_graph.conf import loading
from cdm_graph.conf import opts
from cdm_graph.store import embedded
from tests.docs import blocks
from tests.docs import desk as desks
from tests.docs import ironic_options
from tests.docs import ledger
from tests.docs import nova_options
from tests.docs import outputs
from tests.docs import plugin
from tests.docs import watcher_options
from tests.support import observability

Treatments = list[str]
Treatment = collections.abc.Callable[[blocks.Block, desks.Desk], Treatments]

_EXECUTED: typing.Final = [ledger.EXECUTED]
#: What a command begins with; in a block without any every line does.
_PROMPTS: typing.Final = ('$ ', '# ')
_WRITING: typing.Final = re.compile(r'\b(CREATE|DELETE|MERGE|REMOVE|SET)\b')
_MEMORY: typing.Final = '256m'
_SECONDS: typing.Final = 30.0
_CLASS: typing.Final = re.compile(r'\b(?:[A-Z][a-z]+){2,}\b')
#: Proper names in pictures, which are no classes.
_PROPER: typing.Final = frozenset({'RabbitMq'})


class Command(typing.NamedTuple):
    """A command of a block, and what it is said to print."""

    text: str
    output: str


def commands(text: str) -> list[Command]:
    """Return the commands of a block."""
    prompted = text.startswith(_PROMPTS)
    found: list[tuple[list[str], list[str]]] = []
    goes_on = False
    for line in text.strip().splitlines():
        if goes_on:
            found[-1][0].append(line)
        elif not prompted or line.startswith(_PROMPTS):
            found.append(([line[2:] if prompted else line], []))
        else:
            found[-1][1].append(line)
            continue
        goes_on = line.endswith('\\')
    return [
        Command('\n'.join(lines), '\n'.join(output)) for lines, output in found
    ]


def _console(block: blocks.Block, desk: desks.Desk) -> Treatments:
    """Run each command, and compare what it prints with what is shown."""
    treatments: Treatments = []
    try:
        for command in commands(block.text):
            # What stands in for a program that goes on returns by itself.
            treatments += desk.run(command.text.removesuffix('&'))
            if command.output:
                outputs.check(command.text, command.output, desk.printed)
    finally:
        desk.end()
    return treatments


def _python(block: blocks.Block, desk: desks.Desk) -> Treatments:
    with contextlib.chdir(desk.folder):
        python.PythonEvaluator()(block.example)
    return _EXECUTED


def _doctest(block: blocks.Block, desk: desks.Desk) -> Treatments:
    """Look whether Sphinx has run what it runs by itself."""
    report = blocks.ROOT / 'doc/build/doctest/output.txt'
    name = block.path.relative_to('doc/source').with_suffix('')
    assert report.exists(), 'tox -e docs runs sphinx-build -b doctest before'
    assert f'Document: {name}\n' in report.read_text(), f'{name} was not run'
    return [ledger.executed('by sphinx-build -b doctest')]


def _included(block: blocks.Block, desk: desks.Desk) -> Treatments:
    """Load a configuration; what else is included, tox has to run."""
    path = (
        pathlib.Path(str(block.example.path)).parent / block.text
    ).resolve()
    if path.is_relative_to(plugin.FOLDER):
        # What of it is shown, Sphinx has looked for.
        assert path.is_file(), path
        return [ledger.checked('tox -e plugin runs that very file')]
    loading.load([str(path)])
    return [ledger.checked('the daemon loads it')]


# -- configuration -----------------------------------------------------------


def _ini(block: blocks.Block, desk: desks.Desk) -> Treatments:
    if block.text.startswith('dbms.'):
        return _neo4j_conf(block)
    parser = configparser.RawConfigParser()
    parser.read_string(block.text)
    if ironic_options.is_ironic_conf(parser):
        ironic_options.check(parser)
        return [ledger.checked("ironic.conf: they are Ironic's options")]
    if nova_options.is_nova_conf(parser):
        nova_options.check(parser)
        return [ledger.checked("nova.conf: they are Nova's options")]
    if watcher_options.is_watcher_conf(parser):
        watcher_options.check(parser)
        return [ledger.checked("watcher.conf: they are Watcher's, or ours")]
    if parser.has_section(plugin.SECTION):
        return [ledger.checked('a daemon runs with it in test_plugins.py')]
    path = desk.folder / 'block.conf'
    path.write_text(block.text)
    loading.load([str(path)])
    for section in parser.sections():
        unknown = set(parser[section]) - known_options(section)
        assert not unknown, f'[{section}]: nobody knows {unknown}'
    return [ledger.checked('the daemon loads it, and knows each option')]


def known_options(section: str) -> set[str]:
    """Return the names of a section's options, also of the libraries."""
    declared = [
        *opts.list_opts(),
        *keystone_opts.list_auth_token_opts(),
        (
            'keystone_authtoken',
            keystone_loading.get_auth_plugin_conf_options('password'),
        ),
        *messaging_opts.list_opts(),
        *policy_opts.list_opts(),
        *log_options.list_opts(),
    ]
    return {
        option.dest
        for group, options in declared
        if section == (str(getattr(group, 'name', group)) or 'DEFAULT')
        for option in options
    }


def _neo4j_conf(block: blocks.Block) -> Treatments:
    """Know the settings of Neo4j 5 and 2025 that are told of.

    They are in the chapter on configuration settings of its operations
    manual; a server refuses to start with one that it does not know.
    """
    name, _, value = block.text.strip().partition('=')
    assert name == 'dbms.security.allow_csv_import_from_file_urls'
    assert value in {'true', 'false'}
    return [ledger.checked("neo4j.conf: it is one of Neo4j's settings")]


def _nginx(block: blocks.Block, desk: desks.Desk) -> Treatments:
    path = desk.folder / 'nginx.conf'
    path.write_text(block.text)
    found = crossplane.parse(str(path), strict=True)
    assert found['status'] == 'ok', found['errors']
    return [ledger.checked('crossplane knows each directive, and its place')]


def _yaml(block: blocks.Block, desk: desks.Desk) -> Treatments:
    """Scrape what Prometheus shall scrape, and look for its rules."""
    loaded = yaml.safe_load(desk.here(block.text))
    assert loaded.keys() == {'rule_files', 'scrape_configs'}, loaded
    for name in loaded['rule_files']:
        assert (blocks.ROOT / 'etc/prometheus' / name).exists(), name
    for job in loaded['scrape_configs']:
        for targets in job['static_configs']:
            for target in targets['targets']:
                assert _metrics(target)
    return [ledger.checked('the targets are scraped, and there are the rules')]


def _promql(block: blocks.Block, desk: desks.Desk) -> Treatments:
    promql_parser.parse(block.text)
    used = observability.names([block.text])
    unknown = {
        name for name in used if name not in _metrics(desk.world.address)
    }
    assert used, block.text
    assert not unknown, unknown
    return [ledger.checked('it is PromQL, and its metrics are exported')]


def _metrics(address: str) -> str:
    with urllib.request.urlopen(f'http://{address}/metrics') as answer:
        return str(answer.read().decode())


# -- what is shown -----------------------------------------------------------


def _json(block: blocks.Block, desk: desks.Desk) -> Treatments:
    """Compare an export with a real one, field by field."""
    shown = json.loads(block.text)
    real = json.loads((desk.folder / 'cloud.json').read_text())
    assert shown.keys() == real.keys()
    assert shown['graph'].keys() <= real['graph'].keys()
    for name in ('nodes', 'edges'):
        for row in shown[name]:
            alike = [each for each in real[name] if row.keys() <= each.keys()]
            assert alike, f'no {name} has {sorted(row)}'
    return [ledger.checked('an export has these fields')]


def _cypher(block: blocks.Block, desk: desks.Desk) -> Treatments:
    if not _WRITING.search(block.text):
        desk.world.daemon.client.query({'text': block.text})
        return _EXECUTED
    engine = embedded.EmbeddedEngine(None, _MEMORY, _SECONDS)
    try:
        driver = engine.writer()
        for statement in (
            "CREATE (:Flavor {region: 'OLD', id: 'flavor/a'})",
            "CREATE (:Flavor {region: 'NEW', id: 'flavor/b'})",
            block.text,
        ):
            driver.execute_query(statement, database_=engine.database)
        left = driver.execute_query(
            'MATCH (n) RETURN n.region AS region', database_=engine.database
        )
        assert [row['region'] for row in left.records] == ['NEW']
    finally:
        engine.close()
    return _EXECUTED


def _text(block: blocks.Block, desk: desks.Desk) -> Treatments:
    if block.text.startswith('cypher> '):
        return _shell(block, desk)
    if re.match(r'passed \d+ of \d+', block.text):
        return _share(block.text)
    return _picture(block.text)


def _shell(block: blocks.Block, desk: desks.Desk) -> Treatments:
    """Type what is shown into the shell."""
    entered = [
        re.sub(r'^(cypher>|\s*\.\.\.>) ', '', line)
        for line in desk.here(block.text).splitlines()
    ]
    text = shlex.quote('\n'.join(entered))
    treatments = desk.run(f'cdm-graph shell <<< {text} 2>&1')
    assert 'cdm-graph: ' not in desk.printed, desk.printed
    return treatments


def _share(text: str) -> Treatments:
    found = re.match(r'passed (\d+) of (\d+) \(([\d.]+) %\)', text)
    assert found, text
    passed, total = int(found[1]), int(found[2])
    assert f'{100 * passed / total:.1f}' == found[3]
    return [ledger.checked('it adds up; tox -e tck prints it')]


def _picture(text: str) -> Treatments:
    """Look whether there are the classes that a picture shows."""
    named = set(_CLASS.findall(text)) - _PROPER
    code = '\n'.join(
        path.read_text() for path in (blocks.ROOT / 'cdm_graph').rglob('*.py')
    )
    unknown = {name for name in named if f'class {name}' not in code}
    assert not unknown, unknown
    return [ledger.checked('a picture: the classes in it are there')]


def _printed(block: blocks.Block, desk: desks.Desk) -> Treatments:
    """Compare what a command is said to print with what it printed."""
    outputs.check_demo(block.text, desk.printed)
    return [ledger.checked('the command above printed what looks so')]


BY_LANGUAGE: typing.Final[dict[str, Treatment]] = {
    'console': _console,
    'cypher': _cypher,
    'ini': _ini,
    'json': _json,
    'nginx': _nginx,
    'promql': _promql,
    'python': _python,
    'text': _text,
    'yaml': _yaml,
    'literalinclude': _included,
    'testcode': _doctest,
    'testoutput': _doctest,
    blocks.UNNAMED: _printed,
}


def treat(block: blocks.Block, desk: desks.Desk) -> Treatments:
    """Treat a block, and return how.

    :raises AssertionError: if it does not do what it says, or nobody knows
        its language
    """
    treatment = BY_LANGUAGE.get(block.language)
    assert treatment, f'Nobody knows how to check {block.language!r}.'
    return treatment(block, desk)
