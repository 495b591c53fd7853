package browser

// guard runs before any script of a page, in each of its frames. It takes away what a page that is only read does not need and what would
// outlive it or go around its proxy; the proxy refuses all of it too, so this only spares the attempts and keeps pages from waiting for
// them.
const guard = `(() => {
  const none = name => {
    try { Object.defineProperty(globalThis, name, { value: undefined, configurable: false, writable: false }) } catch {}
  };
  for (const name of [
    'WebSocket', 'WebSocketStream', 'WebTransport', 'RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel',
    'SharedWorker', 'Notification', 'PushManager',
  ]) none(name);
  const workers = globalThis.ServiceWorkerContainer;
  if (workers) workers.prototype.register = () => Promise.reject(new DOMException('service workers are off', 'SecurityError'));
  globalThis.open = () => null;
  globalThis.print = () => {};
})()`

// snapshot returns the page's text, cut at a length, from a world that the page's scripts can't reach.
const snapshot = `(() => {
  const type = document.doctype ? '<!doctype html>' : '';
  const whole = document.documentElement ? document.documentElement.outerHTML : '';
  return { html: type + whole.slice(0, %d), cut: whole.length > %d, url: location.href };
})()`
