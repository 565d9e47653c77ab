// Shortcuts, and what the page shows, in a dialog that `?` opens.
import { useEffect, useRef } from 'preact/hooks';
import { CrossIcon } from '../icons.tsx';
import { SHORTCUTS, helpOpen } from '../shortcuts.ts';

export function HelpDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open && !dialog.current!.open) dialog.current!.showModal();
    if (!open && dialog.current!.open) dialog.current!.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="help-title" onClose={() => (helpOpen.value = false)}>
      <div class="dialog-head">
        <h2 id="help-title">Help</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={() => (helpOpen.value = false)}>
          <CrossIcon />
        </button>
      </div>
      <p>
        Three million flights of 2001 run through an engine in WebAssembly, spread over Web Workers of this page. Every
        half second the job&rsquo;s state goes to IndexedDB as a checkpoint. Kill a worker, or reload the page: the job
        goes on from the newest checkpoint, and its output is the same.
      </p>
      <h3>Keyboard</h3>
      <dl class="keys">
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
