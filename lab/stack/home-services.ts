import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { answerName } from './name-answer.ts';
import { SIGN_IN_SET } from './portal-rules.ts';

/**
 * What a home router serves besides packets: names, and the sign-in page of a network that has one. Arguments: the
 * address of the control server, which SERVER_NAME has, and of the host in the internet, which every other name has.
 */
const [server = '', internet = ''] = process.argv.slice(2);

const form = `<!doctype html><title>Sign in to this network</title><h1>Hotel Postern</h1>
<form method="post" action="/sign-in"><button>Accept and go online</button></form>
`;

/** The router knows its guests by their hardware addresses, whichever family they come with. */
function letIn(address: string): void {
  const [neighbour] = JSON.parse(execFileSync('ip', ['-j', 'neigh', 'show', address], { encoding: 'utf8' }));
  execFileSync('nft', ['add', 'element', ...SIGN_IN_SET.split(' '), `{ ${neighbour.lladdr} }`]);
}

const web = createServer((request, response) => {
  const isSignIn = request.method === 'POST' && request.url === '/sign-in';
  if (isSignIn) letIn(request.socket.remoteAddress?.replace('::ffff:', '') ?? '');
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
  response.end(isSignIn ? '<!doctype html><title>Online</title><h1>You are online</h1>\n' : form);
});
web.listen(80, '::');

const names = createSocket('udp6');
names.on('message', (query, from) => {
  const answer = answerName(query, server, internet);
  if (answer) names.send(answer, from.port, from.address);
});
names.bind(53, '::');

process.on('SIGTERM', () => process.exit(0));
