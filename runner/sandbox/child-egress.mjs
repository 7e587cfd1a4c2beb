/**
 * The inner end of the way to the network, loaded only for a task that may use it: makes Node's own clients (fetch, WebSocket, http, https) use the proxy at the
 * other end of a unix socket. It keeps nobody from anything: what a task may reach is decided outside, and without this there is no network at all.
 */
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/**
 * A name for the proxy where a URL is wanted. Nothing listens there: connections to it become connections to the socket, because some sandboxes have not even
 * a loopback interface, and in the weakest one a port would be open to the whole machine.
 */
const address = { host: '127.0.0.1', port: 3128 };

/** @param {string} path */
function redirectConnections(path) {
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...given) {
    // net.connect hands over its arguments as one list that it has brought into order.
    const list = Array.isArray(given[0]) ? given[0] : given;
    const [options] = list;
    const isProxy =
      typeof options === 'object' && options !== null && options.host === address.host && Number(options.port) === address.port;
    if (!isProxy) return connect.apply(this, given);
    const callback = list.findLast((argument) => typeof argument === 'function');
    return connect.call(this, { path }, callback);
  };
}

/** Libraries that make agents of their own (the SDKs of clouds do) would go past the proxy, and so nowhere. */
function giveAgentsTheProxy() {
  const withProxy = ([options]) => [{ proxyEnv: process.env, ...options }];
  for (const module of [http, https]) {
    module.Agent = new Proxy(module.Agent, {
      construct: (target, given, newTarget) => Reflect.construct(target, withProxy(given), newTarget),
      apply: (target, _, given) => Reflect.construct(target, withProxy(given)),
    });
  }
  syncBuiltinESMExports();
}

/** @param {string} path of the unix socket */
export function useProxy(path) {
  redirectConnections(path);
  const url = `http://${address.host}:${address.port}`;
  Object.assign(process.env, { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: url, HTTPS_PROXY: url });
  http.setGlobalProxyFromEnv();
  giveAgentsTheProxy();
}
