"""The gateway port: one thread per connection, plain or TLS."""

import contextlib
import socket
import ssl
import threading

from .http_peer import HttpPeer

_BACKLOG = 512
_HANDSHAKE_SECONDS = 10


def tls_context(cert_file, key_file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(cert_file, key_file)
    return context


class GatewayListener:
    """Listens from the moment it is made; serves from start() to stop()."""

    def __init__(self, gateway, host="127.0.0.1", port=0, tls=None, quiet=True):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self.port = self._listening.getsockname()[1]
        self._gateway = gateway
        self._tls = tls
        self._quiet = quiet
        self._stopped = threading.Event()
        self._open = set()
        self._lock = threading.Lock()

    def start(self):
        threading.Thread(target=self._accept, name="gateway-accept", daemon=True).start()

    def stop(self):
        """Ends every connection, and with it every delay and hold. Does not wait for threads."""
        self._stopped.set()
        with self._gateway.changed:
            self._gateway.changed.notify_all()
        with self._lock:
            sockets = [self._listening, *self._open]
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self):
        while not self._stopped.is_set():
            try:
                sock, _address = self._listening.accept()
            except OSError:
                # Out of file descriptors, or stopped: neither is a reason to spin.
                self._stopped.wait(0.05)
                continue
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with self._lock:
            self._open.add(sock)
        served = sock
        try:
            if self._tls:
                sock.settimeout(_HANDSHAKE_SECONDS)
                served = self._tls.wrap_socket(sock, server_side=True)
                served.settimeout(None)
                with self._lock:
                    self._open.discard(sock)
                    self._open.add(served)
            HttpPeer(served, self._gateway, self._stopped, self._quiet).serve()
        except OSError:  # a handshake that failed, as the TLS tests want it
            pass
        finally:
            served.close()
            with self._lock:
                self._open -= {sock, served}
