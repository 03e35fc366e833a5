// Started as a process of its own by escapes.test.ts: becomes the user that it is told, tries each escape in the
// sandbox and prints one line of JSON for each. Everything is imported before the user changes: the checkout may lie
// where only root can read.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createWorkspace, detectSandbox } from '../src/index.ts';

const [folder = '', user = ''] = process.argv.slice(2);
if (process.getuid?.() !== Number(user)) {
  process.setgroups?.([]);
  process.setgid?.(Number(user));
  process.setuid?.(Number(user));
}
process.env.FW_CANARY = 'canary-environment';
const home = join(folder, 'home');
const tree = join(folder, 'tree');
for (const path of [home, tree]) mkdirSync(path);
process.env.HOME = home;
writeFileSync(join(home, 'secret.txt'), 'canary-home');
writeFileSync(join(tree, 'a.txt'), '1');

console.log(JSON.stringify({ name: 'user', held: process.getuid?.() === Number(user), detail: JSON.stringify(await detectSandbox()) }));
const workspace = await createWorkspace({ directory: tree, storage: join(folder, 'storage'), sandbox: 'required' });
const run = workspace.run.bind(workspace);

/** Whether it was held, and what was seen. */
type Outcome = readonly [held: boolean, detail: string];

const attempts: { readonly [name: string]: () => Promise<Outcome> } = {
  async 'write outside'() {
    const targets = ['/escaped', '/usr/escaped', '/etc/escaped', '/dev/escaped', '/var/tmp/escaped', join(folder, 'escaped'), join(tree, 'escaped'), join(folder, 'storage/git/escaped')];
    const { output } = await run(['sh', '-c', 'for f; do touch "$f" && echo "wrote $f"; done 2>/dev/null; touch inside && echo fine', 'sh', ...targets]);
    // The folders above the copy are the sandbox's own.
    const claimed = targets.filter((path) => !path.startsWith('/tmp/') && output.includes(`wrote ${path}`));
    return [claimed.length === 0 && output.endsWith('fine\n') && targets.every((path) => !existsSync(path)) && existsSync(join(workspace.root, 'inside')), output];
  },
  async 'read home'() {
    const { output } = await run(['sh', '-c', 'cat "$1/secret.txt" "$2/a.txt" /etc/shadow; ls -A "$1" /home /root', 'sh', home, tree]);
    const text = output.replaceAll(/^.*(No such file|Permission denied|cannot access|cannot open).*$/gm, '').trim();
    return [text === '', output];
  },
  async 'loopback TCP and UDP'() {
    const server = createServer((socket) => socket.end('reached')).listen(0, '127.0.0.1');
    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    await Promise.all([once(server, 'listening'), once(udp, 'listening')]);
    let datagrams = 0;
    udp.on('message', () => (datagrams += 1));
    const script = `
      const udp = require('node:dgram').createSocket('udp4');
      udp.send('x', ${udp.address().port}, '127.0.0.1', () => udp.close());
      require('node:net').connect(${(server.address() as AddressInfo).port}, '127.0.0.1').on('data', (data) => console.log(String(data))).on('error', (error) => console.log(error.code));`;
    const { output } = await run(['node', '-e', script]);
    // One that is sent after it and does arrive shows that the first did not.
    const probe = createSocket('udp4');
    probe.send('x', udp.address().port, '127.0.0.1');
    await once(udp, 'message');
    for (const one of [server, udp, probe]) one.close();
    return [output === 'ECONNREFUSED\n' && datagrams === 1, `${output} ${datagrams} datagrams`];
  },
  async 'unix and abstract sockets'() {
    const path = join(folder, 'socket');
    const abstract = `\0fw-escape-${process.pid}`;
    const servers = [path, abstract].map((where) => createServer((socket) => socket.end('reached')).listen(where));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const script = `for (const path of ${JSON.stringify([path, abstract])}) require('node:net').connect({ path }).on('data', (data) => console.log(String(data))).on('error', (error) => console.log(error.code));`;
    const { output } = await run(['node', '-e', script]);
    for (const server of servers) server.close();
    return [!output.includes('reached') && output.trim().split('\n').length === 2, output];
  },
  async 'fork bomb'() {
    const { exitCode } = await run(['sh', '-c', 'bomb() { bomb & bomb; }; bomb'], { limits: { processes: 60 }, timeoutMs: 2_000 });
    const after = await run(['echo', 'alive']);
    return [exitCode !== 0 && after.output === 'alive\n', `${exitCode} ${after.output}`];
  },
  async 'symlink out'() {
    const { output } = await run(['sh', '-c', 'ln -s "$1" out; cat out/secret.txt; echo x > out/written.txt; cat ../../home/secret.txt', 'sh', home]);
    const read = await workspace.read('out/secret.txt').catch((error: { code: string }) => error.code);
    const wrote = await workspace.write('out/written.txt', 'x').catch((error: { code: string }) => error.code);
    return [!output.includes('canary') && !existsSync(join(home, 'written.txt')) && read === 'FW_WORKSPACE_OUTSIDE' && wrote === read, `${output} ${read}`];
  },
  async 'signal to the host'() {
    const victim = spawn('sleep', ['100']);
    await run(['sh', '-c', 'kill -9 "$1"; kill -9 "$2"; kill -9 -1', 'sh', String(victim.pid), String(process.pid)]);
    const isAlive = victim.exitCode === null && victim.signalCode === null;
    victim.kill('SIGKILL');
    return [isAlive, `victim ${victim.signalCode ?? 'alive'}`];
  },
  async 'environment secrets'() {
    const { output } = await run(['env']);
    return [!output.includes('canary') && output.includes('CI=1'), output];
  },
  async 'environment given, seen by nobody else'() {
    const running = run(['sleep', '0.5'], { env: { TOKEN: 'canary-given' } });
    const seen = new Set<string>();
    for (let look = 0; look < 10; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
        try {
          if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('canary-given')) seen.add(pid);
        } catch {
          // It has ended.
        }
    }
    const { exitCode } = await running;
    return [exitCode === 0 && seen.size === 0, [...seen].join()];
  },
  async '/proc/*/environ'() {
    const { output } = await run(['sh', '-c', 'cat /proc/*/environ /proc/*/cmdline /proc/*/task/*/environ 2>/dev/null | tr "\\0" "\\n"; cat /proc/1/root/*/secret.txt; ls /proc | grep -c "^[0-9]"']);
    return [!output.includes('canary') && Number(output.trim().split('\n').at(-1)) < 12, output.slice(-500)];
  },
  async '300 MB of output'() {
    const { exitCode, output, omitted } = await run(['sh', '-c', 'yes | head -c 300000000'], { maxOutput: 1_000 });
    return [exitCode === 0 && output.length < 1_100 && omitted === 300_000_000 - 1_000, `${output.length} kept`];
  },
  async 'endless loop'() {
    const { timedOut, exitCode } = await run(['sh', '-c', 'trap "" TERM INT HUP; while :; do :; done'], { timeoutMs: 400 });
    return [timedOut && exitCode === 137, `${exitCode}`];
  },
  async '2 GB of memory'() {
    writeFileSync(join(workspace.root, 'hog.cjs'), 'const all = []; setInterval(() => all.length < 74 && all.push(Buffer.alloc(1e7, 1)), 4);');
    const { outOfMemory, exitCode, peakMemoryBytes } = await run(['sh', '-c', 'node hog.cjs & node hog.cjs & node hog.cjs & wait'], { limits: { memoryBytes: 1_000_000_000 }, timeoutMs: 20_000 });
    return [outOfMemory && exitCode === 137 && peakMemoryBytes < 2_000_000_000, `${exitCode} ${peakMemoryBytes}`];
  },
  async 'one huge file'() {
    const { exitCode } = await run(['sh', '-c', 'head -c 100000000 /dev/zero > huge'], { limits: { fileBytes: 5_000_000 } });
    const { size } = statSync(join(workspace.root, 'huge'));
    return [exitCode !== 0 && size <= 5_000_000, `${exitCode} ${size}`];
  },
  async 'nested user namespace'() {
    const { output } = await run(['sh', '-c', 'unshare --user --map-root-user id; echo "code $?"; grep -E "^Cap(Eff|Prm|Bnd)|NoNewPrivs" /proc/self/status']);
    return [output.includes('code 1') && !output.includes('uid=0') && /CapEff:\s+0{16}/.test(output) && /NoNewPrivs:\s+1/.test(output), output];
  },
};

for (const [name, attempt] of Object.entries(attempts)) {
  const [held, detail] = await attempt().catch((error: unknown): Outcome => [false, String(error)]);
  console.log(JSON.stringify({ name, held, detail }));
}
const { output } = await run(['cat', 'a.txt']);
console.log(JSON.stringify({ name: 'afterwards', held: output === '1' && readFileSync(join(home, 'secret.txt'), 'utf8') === 'canary-home', detail: output }));
await workspace.close();
