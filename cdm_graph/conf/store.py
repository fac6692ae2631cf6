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

"""The options of the graph database that mirrors the model."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'store',
    title='Store',
    help='The graph database that mirrors the model, for queries in Cypher.',
)

OPTS = [
    cfg.StrOpt(
        'name',
        default='',
        help='The store to mirror the model into, an entry point of '
        'cdm_graph.stores: embedded (an engine that the daemon starts by '
        'itself) or neo4j. None if it is empty.',
    ),
    cfg.StrOpt(
        'region',
        default='',
        help='Name of the cloud in the database, which several clouds may '
        'share: each daemon that writes to it needs another one. If it is '
        'empty it is [nova] region_name, or RegionOne.',
    ),
    cfg.StrOpt(
        'uri',
        default='bolt://localhost:7687',
        help='Address of Neo4j: bolt:// for one server, neo4j:// for a '
        'cluster; with +s, such as neo4j+s://, for TLS.',
    ),
    cfg.StrOpt('user', default='neo4j', help='User of Neo4j.'),
    cfg.StrOpt(
        'password', default='', secret=True, help='Password of that user.'
    ),
    cfg.StrOpt('database', default='neo4j', help='Database in Neo4j.'),
    cfg.StrOpt(
        'directory',
        default='',
        help='Where the embedded engine keeps its data. If it is empty they '
        'are in a temporary directory that goes with the daemon.',
    ),
    cfg.StrOpt(
        'memory',
        default='1g',
        regex=r'^[1-9][0-9]*[mMgG]$',
        help='Memory of the embedded engine, such as 512m or 2g: about 1 GiB '
        'for 100,000 servers.',
    ),
    cfg.FloatOpt(
        'query_timeout',
        default=30.0,
        min=0.1,
        help='Seconds after which a query is ended.',
    ),
    cfg.IntOpt(
        'query_rows',
        default=10000,
        min=1,
        help='Rows that a query may return.',
    ),
    cfg.IntOpt(
        'reconcile_period',
        default=3600,
        min=10,
        help='Seconds between two comparisons of all that the database holds '
        'with the model.',
    ),
    cfg.BoolOpt(
        'warm_start',
        default=True,
        help='Whether to serve, until the first synchronize, what the '
        'database has from before a restart, marked as stale.',
    ),
]
