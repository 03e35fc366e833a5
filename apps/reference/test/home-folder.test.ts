import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { homeFolder, makeHome } from '../src/home-folder.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();

describe('homeFolder', () => {
  it('is FW_HOME, or the platform\'s place for state', () => {
    expect(homeFolder({ FW_HOME: '/a/b' })).toBe('/a/b');
    expect(homeFolder({}, 'linux')).toBe(path.join(os.homedir(), '.local/state/fw'));
    expect(homeFolder({ XDG_STATE_HOME: '/state' }, 'linux')).toBe('/state/fw');
    expect(homeFolder({ XDG_STATE_HOME: 'not/absolute' }, 'linux')).toBe(path.join(os.homedir(), '.local/state/fw'));
    expect(homeFolder({}, 'darwin')).toBe(path.join(os.homedir(), 'Library/Application Support/fw'));
    expect(homeFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe(path.join('/local', 'fw'));
  });
});

describe('makeHome', () => {
  it('makes it for this user alone', async () => {
    const home = path.join(folder(), 'a/b');
    await makeHome(home);
    expect((await stat(home)).mode & 0o777).toBe(0o700);
  });

  it('refuses one inside the workspace, through a link too', async () => {
    const workspace = path.join(folder(), 'project');
    await mkdir(workspace);
    await symlink(workspace, path.join(folder(), 'link'));
    await expect(makeHome(path.join(folder(), 'link/.fw'), workspace)).rejects.toMatchObject({ code: 'FW_HOME_UNUSABLE' });
    await expect(stat(path.join(workspace, '.fw'))).rejects.toThrow();
    await expect(makeHome(path.join(folder(), 'project-home'), workspace)).resolves.toBeUndefined();
    await expect(makeHome(path.join(folder(), '..fw'), folder())).rejects.toMatchObject({ code: 'FW_HOME_UNUSABLE' });
  });

  it('says when it cannot be made', async () => {
    await writeFile(path.join(folder(), 'file'), '');
    await expect(makeHome(path.join(folder(), 'file/home'))).rejects.toMatchObject({ code: 'FW_HOME_UNUSABLE', message: expect.stringContaining('FW_HOME') });
  });
});
