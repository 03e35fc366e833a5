import { describe, expect, it } from 'vitest';
import { explainRefusal, type MachineFacts } from '../src/explain-refusal.ts';

const machine: MachineFacts = { isRoot: false, isContainer: false, settings: {} };
const forbidden = 'bwrap: setting up uid map: Permission denied';

describe('why the sandbox does not work', () => {
  it.each<[string, string, Partial<MachineFacts>, RegExp, RegExp]>([
    ['no user namespaces at all', forbidden, { settings: { 'user/max_user_namespaces': '0\n' } }, /turned off/, /sysctl -w user\.max_user_namespaces/],
    ['none for ordinary users', forbidden, { settings: { 'kernel/unprivileged_userns_clone': '0\n' } }, /root only/, /unprivileged_userns_clone=1/],
    ['AppArmor', forbidden, { settings: { 'kernel/apparmor_restrict_unprivileged_userns': '1\n' } }, /AppArmor/, /profile/],
    ['a container', 'bwrap: No permissions to create new namespace', { isContainer: true }, /container/, /--security-opt/],
    ['another security module', 'bwrap: Creating new namespace failed: Operation not permitted', {}, /not allowed/, /seccomp/],
    ['no setpriv for root', 'spawn setpriv ENOENT', { isRoot: true }, /setpriv/, /util-linux/],
    ['something else', 'bwrap: execvp sh: Exec format error', {}, /Exec format error/, /bwrap --unshare-all/],
  ])('is named with what to do: %s', (_what, output, facts, reason, advice) => {
    const answer = explainRefusal(output, { ...machine, ...facts });
    expect(answer.reason).toMatch(reason);
    expect(answer.advice).toMatch(advice);
  });
});
