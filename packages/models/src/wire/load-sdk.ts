import { ModelError } from '../model-error.ts';

/** Loads an optional package when it is first needed. @throws ModelError FW_MODEL_SDK_MISSING that says how to install it. */
export async function loadSdk<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ModelError('FW_MODEL_SDK_MISSING', { message: `The package "${name}" is not installed. Install it: npm install ${name}`, cause: error });
  }
}
