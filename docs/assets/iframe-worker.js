// Search from disk. A browser starts no worker from a file, so what the theme would run in one runs in a hidden frame. (The theme looks
// for this file's name, and for the class; else it would ask the network for a script that does the same.)
if (location.protocol === "file:") {
  class IFrameWorker extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) => {
        const event = new MessageEvent("message", { data });
        this.dispatchEvent(event);
        this.onmessage?.(event);
      };
      inside.importScripts = (...urls) =>
        urls.reduce((before, each) => before.then(() => load(inside.document, each)), Promise.resolve());
      this.ready = load(inside.document, String(url));
    }

    postMessage(data) {
      const inside = this.frame.contentWindow;
      this.ready.then(() => inside.dispatchEvent(new inside.MessageEvent("message", { data })));
    }

    terminate() {
      this.frame.remove();
    }
  }

  function load(page, url) {
    return new Promise((loaded, failed) => {
      const script = page.createElement("script");
      script.onload = loaded;
      script.onerror = failed;
      script.src = new URL(url, document.baseURI).href;
      page.head.append(script);
    });
  }

  window.IFrameWorker = window.Worker = IFrameWorker;
}
