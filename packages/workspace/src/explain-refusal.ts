/** What is known of the machine on which bubblewrap did not work. */
export interface MachineFacts {
  readonly isRoot: boolean;
  readonly isContainer: boolean;
  /** Content of files below /proc/sys, by name; without those that are not there. */
  readonly settings: { readonly [name: string]: string | undefined };
}

/** Settings that decide about user namespaces. */
export const namespaceSettings: readonly string[] = ['kernel/apparmor_restrict_unprivileged_userns', 'kernel/unprivileged_userns_clone', 'user/max_user_namespaces'];

/** Why bubblewrap failed, from what it printed and what the machine is, and what to do about it. */
export function explainRefusal(output: string, { isRoot, isContainer, settings }: MachineFacts): { readonly reason: string; readonly advice: string } {
  const said = output.trim().slice(0, 300);
  const missing = /spawn (\w+) ENOENT/.exec(output)?.[1];
  if (missing !== undefined) return { reason: `${missing} of util-linux is not installed, which root needs for the sandbox`, advice: 'Install util-linux (apt-get install util-linux).' };
  if (settings['user/max_user_namespaces']?.trim() === '0')
    return { reason: 'user namespaces are turned off (user.max_user_namespaces is 0)', advice: 'Turn them on: sysctl -w user.max_user_namespaces=10000.' };
  if (!isRoot && settings['kernel/unprivileged_userns_clone']?.trim() === '0')
    return { reason: 'user namespaces are for root only (kernel.unprivileged_userns_clone is 0)', advice: 'Allow them: sysctl -w kernel.unprivileged_userns_clone=1.' };
  const isForbidden = /uid map|Operation not permitted|Permission denied|No permissions|EPERM/i.test(output);
  if (isForbidden && isContainer)
    return {
      reason: `this container does not allow user namespaces (bubblewrap: ${said})`,
      advice: 'Start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined, or let the container itself be the sandbox and turn ours off.',
    };
  if (isForbidden && settings['kernel/apparmor_restrict_unprivileged_userns']?.trim() === '1')
    return {
      reason: `AppArmor does not let bubblewrap make user namespaces (${said})`,
      advice: 'Give bwrap a profile (apt-get install apparmor-profiles, then /usr/share/apparmor/extra-profiles/bwrap-userns-restrict), or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0.',
    };
  if (isForbidden) return { reason: `user namespaces are not allowed here (bubblewrap: ${said})`, advice: 'Allow them for this user; a security module or a seccomp filter forbids them.' };
  return { reason: `bubblewrap does not work here: ${said}`, advice: 'Run bwrap --unshare-all --ro-bind / / true to see what it needs.' };
}
