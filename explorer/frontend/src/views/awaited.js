/** What was asked of the kernel and is not there yet; whatever goes wrong is told in a notice, which ends the wait. */

/** @param {any} host */
export function awaited(host) {
  let what = "";
  let since = 0;
  let notices = 0; // how many there were then

  return {
    /** @param {string} of what is asked for, such as the name of a function */
    begin(of) {
      what = of;
      since = performance.now();
      notices = host.keys("notice/").length;
    },
    /** It is there, or not wanted any more. */
    end() {
      what = "";
    },
    /** What is still awaited, "" for nothing. */
    get what() {
      if (what && host.keys("notice/").length > notices) what = "";
      return what;
    },
    get seconds() {
      return (performance.now() - since) / 1000;
    },
  };
}
