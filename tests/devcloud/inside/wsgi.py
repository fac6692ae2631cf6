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

"""Runs inside the cloud: the WSGI application that $DEVCLOUD_WSGI names.

Keystone and Placement read ``sys.argv`` when they are imported, and give up
on the web server's own options: those are hidden first.  Cinder knows no
other way to be told of its configuration, which $DEVCLOUD_ARGUMENTS is for.
"""

import importlib
import os
import shlex
import sys

sys.argv[1:] = shlex.split(os.environ['DEVCLOUD_ARGUMENTS'])
application = importlib.import_module(os.environ['DEVCLOUD_WSGI']).application
