import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Plays the website of every company: one page that says whose it is. */
export async function startSites(): Promise<{ port: number; stop: () => void }> {
  const server = createServer((req, res) => {
    const domain = (req.headers.host ?? '').replace(/:\d+$/, '').replace(/^www\./, '');
    const name = domain.replace(/\..*/, '').replace(/^./, (c) => c.toUpperCase());
    res.setHeader('Content-Type', 'text/html; charset=utf-8');
    res.end(`<!doctype html><html lang="en"><head><title>${name}: what we make</title>
<meta name="description" content="${name} and its products"><meta property="og:site_name" content="${name}"></head>
<body><a href="https://www.linkedin.com/company/${name.toLowerCase()}">LinkedIn</a>
<a href="mailto:info@${domain}">Write to us</a> <a href="tel:+16175550100">Call us</a></body></html>`);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
