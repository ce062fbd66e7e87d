exports.handel = async () => {};
