"""What httpd prints about a configuration (-S, -M, DUMP_CONFIG), and two views of our own (--needed, --json)."""

from apacheconf.model.views.dump import dump_config, dump_includes, dump_json
from apacheconf.model.views.hosts import vhosts
from apacheconf.model.views.modules import modules, needed_modules

__all__ = ["dump_config", "dump_includes", "dump_json", "modules", "needed_modules", "vhosts"]
