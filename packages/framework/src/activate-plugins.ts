import type { Contributions } from './plugin-contributions.ts';
import type { RunWatch } from './run-watch.ts';

/** Has plugins started that wait for a state, or for a tool, when a run comes to it. */
export function activatePlugins({ reach }: Pick<Contributions, 'reach'>): RunWatch {
  return {
    called({ state }) {
      reach(`onState:${state}`);
    },
    began({ name }) {
      if (name.startsWith('tool.')) reach(`onTool:${name.slice('tool.'.length)}`);
      return undefined;
    },
  };
}
