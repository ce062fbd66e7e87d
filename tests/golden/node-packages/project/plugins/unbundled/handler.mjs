export const handle = async () => {};
