import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';

/** The machine behind the gateway: a web page on port 80 and a UDP echo. Arguments: echo port, its addresses. */
const [echoPort = '', ...addresses] = process.argv.slice(2);

const page = `<!doctype html><title>Intranet</title><h1>Welcome to the intranet</h1>
<p>Only who comes through the tunnel sees this page.</p>
`;

for (const address of addresses) {
  const web = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
    response.end(page);
  });
  web.listen(80, address);

  const echo = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  echo.on('message', (message, from) => echo.send(message, from.port, from.address));
  echo.bind(Number(echoPort), address);
}

process.on('SIGTERM', () => process.exit(0));
