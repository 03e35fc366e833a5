import type { Json } from './json.ts';
import { startPluginProcess } from './plugin-process.ts';
import type { ContainCommand, ContainRequest, PluginProcess, ProcessEnd } from './plugin-process.ts';

/** A plugin that is to have a place in a process. */
export interface Guest {
  /** It holds nothing that another plugin in its process could take. */
  readonly mayShare: boolean;
  readonly readable: readonly string[];
  readonly links: ContainRequest['links'];
  handle(seat: Seat, method: string, input: Json, signal: AbortSignal): Promise<Json>;
  /** It did something wrong between its calls. */
  fault(message: string): void;
  /** Its process is gone; `suspected` when this plugin may be why. */
  ended(end: ProcessEnd, suspected: boolean): void;
}

/** A plugin's place in a process: its channel there says which plugin it is, whatever it says itself. */
export interface Seat {
  readonly channel: number;
  readonly process: PluginProcess;
  /** Other plugins may be in it. */
  readonly shared: boolean;
  /** Frees the place; the last to leave ends the process. */
  leave(): Promise<void>;
}

export interface ProcessPool {
  /** Says that a guest who may share will come, so that the shared process can read its files. */
  expect(files: Pick<Guest, 'readable' | 'links'>): void;
  /** Starts a process for it, or gives it a place in the shared one. `alone`: never in that. */
  sit(guest: Guest, alone: boolean): Promise<Seat>;
  close(): Promise<void>;
}

interface Running {
  readonly process: PluginProcess;
  readonly guests: Map<number, Guest>;
  /** What it was given to read. */
  readonly readable: ReadonlySet<string>;
  lastChannel: number;
}

const heartbeatMs = 1_000;
/** A machine may be busy with others. */
const hangMs = 3_000;

export function createProcessPool(options: { readonly contain: ContainCommand | undefined; readonly memoryMebibytes: number }): ProcessPool {
  const expected = new Set<Pick<Guest, 'readable' | 'links'>>();
  const running = new Set<Running>();
  let shared: Promise<Running> | undefined;
  let closed = false;

  const start = async (guests: readonly Pick<Guest, 'readable' | 'links'>[], isShared: boolean): Promise<Running> => {
    if (closed) throw new Error('The plugin host was cleaned up.');
    const readable = [...new Set(guests.flatMap((guest) => guest.readable))];
    const seated = new Map<number, Guest>();
    /** Whose fault it is when the process does not know: whoever is being asked, if that is one. */
    const guess = (channel: number): Guest | undefined => {
      const [only] = seated.size === 1 ? seated.keys() : process.link.busy().size === 1 ? process.link.busy() : [];
      return seated.get(channel) ?? (only === undefined ? undefined : seated.get(only));
    };
    const process: PluginProcess = await startPluginProcess({
      ...options, readable,
      links: [...new Map(guests.flatMap((guest) => guest.links).map((link) => [link.path, link])).values()],
      async handle(channel, method, input, signal) {
        const guest = seated.get(channel);
        if (guest === undefined) throw Object.assign(new Error(`Channel ${channel} is no plugin of this process.`), { code: 'FW_PLUGIN_PROTOCOL' });
        return guest.handle({ channel, process, shared: isShared, leave: async () => {} }, method, input, signal);
      },
      fault: (channel, message) => guess(channel)?.fault(message),
    });
    const one: Running = { process, guests: seated, readable: new Set(readable), lastChannel: 0 };
    running.add(one);
    const heartbeat = isShared ? watch(process) : undefined;
    void process.ended.then((end) => {
      clearInterval(heartbeat);
      running.delete(one);
      for (const [channel, guest] of seated) guest.ended(end, seated.size === 1 || end.suspects.has(channel));
      seated.clear();
    });
    if (closed) await process.kill();
    return one;
  };

  const share = async (guest: Guest): Promise<Running> => {
    const present = await shared?.catch(() => undefined);
    if (present !== undefined && running.has(present) && guest.readable.every((path) => present.readable.has(path))) return present;
    shared = start([...expected, guest], true);
    return shared;
  };
  let turn: Promise<unknown> = Promise.resolve();

  return {
    expect: (files) => void expected.add(files),
    async sit(guest, alone) {
      const isShared = guest.mayShare && !alone;
      const next = isShared ? turn.then(() => share(guest)) : start([guest], false);
      if (isShared) turn = next.catch(() => {});
      const one = await next;
      one.lastChannel += 1;
      const channel = one.lastChannel;
      one.guests.set(channel, guest);
      return {
        channel, process: one.process, shared: isShared,
        async leave() {
          one.guests.delete(channel);
          if (one.guests.size === 0) await one.process.kill();
        },
      };
    },
    async close() {
      closed = true;
      await shared?.catch(() => undefined);
      await Promise.all([...running].map(({ process }) => process.kill()));
    },
  };
}

/** While somebody waits for a process that others wait for too, it has to come back to its event loop. */
function watch(process: PluginProcess): NodeJS.Timeout {
  let looking = false;
  return setInterval(() => {
    if (looking || process.link.busy().size === 0) return;
    looking = true;
    void process.check(hangMs).finally(() => { looking = false; });
  }, heartbeatMs).unref();
}
