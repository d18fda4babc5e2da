"""Names that nginx has itself: a map that had one would be refused, or hide what everybody else asks for."""

from __future__ import annotations

#: How names of nginx's own begin, and those that locations set; others of its own.
_FAMILIES = (
    *("http_", "arg_", "cookie_", "sent_http_", "sent_trailer_", "trailer_", "upstream_", "ssl_", "proxy_protocol_"),
    *("tcpinfo_", "geoip_", "jwt_", "redirect_"),
)
_NAMES = """
    ancient_browser args binary_remote_addr body_bytes_sent bytes_received bytes_sent connection connection_requests
    connection_time connections_active connections_reading connections_waiting connections_writing content_length
    content_type date_gmt date_local document_root document_uri dollar fastcgi_path_info fastcgi_script_name gzip_ratio
    host hostname http2 http3 https invalid_referer is_args is_request_port limit_conn_status limit_rate
    limit_req_status memcached_key modern_browser msec msie nginx_version pid pipe proxy_add_x_forwarded_for proxy_host
    proxy_port query_string question quic realip_remote_addr realip_remote_port realpath_root remote_addr remote_port
    remote_user request request_body request_body_file request_completion request_filename request_id request_length
    request_method request_port request_time request_uri scheme secure_link secure_link_expires server_addr server_is
    server_name server_port server_protocol slice_range status time_iso8601 time_local uid_got uid_reset uid_set
    uri
"""
_BUILT_IN = frozenset(_NAMES.split())


def is_of_nginx(name: str) -> bool:
    """Whether a variable of this name is nginx's, or one that a location sets."""
    return name in _BUILT_IN or name.startswith(_FAMILIES)
