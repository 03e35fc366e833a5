/** What is known of a task before anything is paid: enough to tell small from large, few enough kinds that each is seen often. */
export function contextOf({ goal, files, simulated, workflow }: { readonly goal: string; readonly files: number; readonly simulated: boolean; /** Of the user's own, its name. */ readonly workflow?: string }): string {
  const words = goal.split(/\s+/).length;
  const tree = files <= 60 ? 'small' : files <= 600 ? 'medium' : 'large';
  // What a scripted model does says nothing about a real one.
  return `${tree} tree, ${words <= 40 ? 'short' : 'long'} task${workflow === undefined ? '' : `, ${workflow}`}${simulated ? ', scripted' : ''}`;
}
