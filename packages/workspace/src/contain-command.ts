import { stat } from 'node:fs/promises';
import { bubblewrapCommand, shownPaths } from './bubblewrap-command.ts';
import { showToNobody } from './nobody.ts';
import { chooseContainment } from './sandbox.ts';
import { createStages } from './stage.ts';

/** A sandbox for programs that are no commands of a workspace, such as a plugin's process. */
export interface CommandContainment {
  /** The command that starts `command` in it: no network, an empty environment, namespaces of its own, gone when its starter is. */
  contain(request: ContainedProgram): Promise<readonly string[]>;
  close(): void;
}

export interface ContainedProgram {
  readonly command: readonly string[];
  /** Absolute real paths that it sees beside the system's own, and cannot change. */
  readonly readable: readonly string[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
}

/** @throws WorkspaceError `FW_WORKSPACE_SANDBOX` where there is no sandbox, saying why and what to do. */
export async function createContainment(): Promise<CommandContainment> {
  const containment = await chooseContainment('required');
  const asNobody = containment.type === 'bubblewrap' && containment.asNobody;
  const stages = createStages();
  return {
    async contain({ command, readable, links }) {
      // Those that lie in what is shown are there already.
      const outside = links.filter(({ path }) => !readable.some((folder) => path.startsWith(`${folder}/`)));
      const view = { asNobody, cwd: '/', root: undefined, frozen: [], caches: [], hidden: [], readable: outermost(readable), links: outside, writable: [], network: false, env: {} };
      const shown = shownPaths(view).readable;
      if (asNobody) for (const path of shown) if ((await stat(path)).isDirectory()) await showToNobody(path);
      const stage = asNobody ? await stages.of(shown) : { enter: [], source: (path: string) => path };
      const contained = bubblewrapCommand({ ...view, enter: stage.enter, source: (path) => stage.source(path) }, command);
      return [...contained.start, ...contained.options, '--', ...contained.command];
    },
    close: () => stages.close(),
  };
}

/** A folder that is shown shows what lies in it. */
function outermost(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !paths.some((other) => other !== path && path.startsWith(`${other}/`)));
}
