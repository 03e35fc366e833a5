import { definePlugin } from '@fw/plugins';

export default definePlugin({
  initialize(context) {
    context.tools.register({ name: 'hello' });
  },
  process(context) {
    return { heard: context.event };
  },
});
