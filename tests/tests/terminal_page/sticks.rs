//! Sticks: prepared ones clicked and dragged, a folder chosen, a folder dropped.

use gate_sim::stage::{Depot, Owner, Setting, Stage, province};

use crate::visitor::Visitor;

/// A folder as the page is told of it when it is dropped: two entries in two helpings, one of them a folder.
const DROP: &str = "(() => { const file = (fullPath, text) => ({ isFile: true, fullPath, file: (done) => done(new File([text], 'x')) }); \
    const folder = (helpings) => ({ isFile: false, createReader: () => ({ readEntries: (done) => done(helpings.shift() ?? []) }) }); \
    const stick = folder([[file('/stick/readme.txt', 'hello')], [folder([[file('/stick/trust/metadata/timestamp.json', '{}')]])]]); \
    const dropped = new Event('drop', { bubbles: true, cancelable: true }); \
    dropped.dataTransfer = { getData: () => '', items: [{ webkitGetAsEntry: () => stick }] }; \
    document.getElementById('slot').dispatchEvent(dropped); })()";

/// Every way of a stick into the slot.
pub(crate) fn come(visitor: &mut Visitor) {
    visitor.click("#leave");
    visitor.click("#to-world");
    for (stick, state) in [("foreign", "refused"), ("stale", "refused"), ("new", "taken")] {
        visitor.click(&format!("[data-stick='{stick}']"));
        is_over(visitor, stick, state);
        visitor.keep(&format!("stick-{stick}"));
    }
    visitor.wait("view.screen === 'updating' && view.says.some((line) => line.includes('更新完成'))");
    visitor.keep("updated");
    let report = "document.getElementById('stick-report').textContent";
    visitor.wait(&format!("{report}.includes('status-list') && {report}.includes('生效')"));
    let folder = strangers();
    visitor.chooses_folder("#stick-folder", folder.path());
    is_over(visitor, "brought", "refused");
    visitor.wait(&format!("{report}.includes('签名不足')"));
    visitor.drags("[data-stick='new']", "#slot");
    is_over(visitor, "new", "taken");
    visitor.read(DROP);
    is_over(visitor, "brought", "refused");
    assert_eq!(visitor.read("view.slot.files"), 1, "what is no repository's is left on the stick");
    visitor.drags("[data-stick='stale']", "#slot");
    is_over(visitor, "stale", "refused");
}

fn is_over(visitor: &mut Visitor, stick: &str, state: &str) {
    visitor.wait(&format!(
        "view.slot && view.slot.stick === '{stick}' && view.slot.state === '{state}' && \
         document.getElementById('stick').textContent.length > 0"
    ));
}

/// A published folder whose keys are somebody else's.
fn strangers() -> tempfile::TempDir {
    let mut stage = Stage::new(Setting::default(), province().unwrap()).unwrap();
    let now = stage.time();
    let depot = Depot::new(Owner::Stranger, now).unwrap();
    depot.bring_out(&mut stage, now, 86_400).unwrap();
    let folder = tempfile::tempdir().unwrap();
    depot.copy_to(folder.path()).unwrap();
    folder
}
