//! The technician's panel: key presses in, pages and acts out.
//! Promises: a digit of the menu opens its page, 返回 leads back and then out; a key without a meaning here does nothing.
//! Must not know: who may open it, what a page says, how anything is done.

use crate::attendant::Key;
use crate::screen::Volume;

/// A page of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Page {
    /// 自检.
    SelfTest,
    /// 数据版本.
    Data,
    /// 数据更新.
    Network,
    /// 导出记录.
    Logs,
    /// 登记信息.
    Enrolment,
    /// 音量.
    Volume,
}

impl Page {
    /// In the order of their digits 1 to 6 in the menu; 7 puts up or takes down "under maintenance".
    pub const ALL: [Page; 6] =
        [Page::SelfTest, Page::Data, Page::Network, Page::Logs, Page::Enrolment, Page::Volume];
}

/// What a press came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// Nothing: the key has no meaning here.
    Nothing,
    /// The menu is in front.
    Menu,
    /// This page is in front; the self-test is made anew when it is pressed for again.
    Page(Page),
    /// Set this volume.
    SetVolume(Volume),
    /// Play what this volume sounds like.
    TryVolume,
    /// Put up "under maintenance", or take it down.
    ChangeNotice,
    /// The technician has done.
    Logout,
}

/// The panel between presses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TechnicianPanel {
    page: Option<Page>,
}

/// The digit of "under maintenance".
const NOTICE: u8 = 7;

impl TechnicianPanel {
    /// The page in front; `None` is the menu.
    pub fn page(&self) -> Option<Page> {
        self.page
    }

    /// Whether `ok` does anything on the page in front; elsewhere it may be an attendant's.
    pub fn heeds_ok(&self) -> bool {
        matches!(self.page, Some(Page::SelfTest | Page::Volume))
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Turned {
        match (self.page, key) {
            (_, Key::Logout) | (None, Key::Back) => Turned::Logout,
            (Some(_), Key::Back) => self.turn(None),
            (None, Key::Digit(NOTICE)) => Turned::ChangeNotice,
            (None, Key::Digit(digit)) => match chosen(digit) {
                Some(page) => self.turn(Some(page)),
                None => Turned::Nothing,
            },
            (Some(Page::Volume), Key::Digit(digit)) => {
                Volume::new(digit).map_or(Turned::Nothing, Turned::SetVolume)
            }
            (Some(Page::Volume), Key::Ok) => Turned::TryVolume,
            (Some(Page::SelfTest), Key::Ok) => Turned::Page(Page::SelfTest),
            (None, Key::Ok) => Turned::Menu,
            _ => Turned::Nothing,
        }
    }

    fn turn(&mut self, page: Option<Page>) -> Turned {
        self.page = page;
        page.map_or(Turned::Menu, Turned::Page)
    }
}

fn chosen(digit: u8) -> Option<Page> {
    Page::ALL.get(usize::from(digit).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_of_the_menu_opens_its_page_and_back_leads_out() {
        for (digit, page) in (1..).zip(Page::ALL) {
            let mut panel = TechnicianPanel::default();
            assert_eq!(panel.press(Key::Digit(digit)), Turned::Page(page));
            assert_eq!(panel.press(Key::Back), Turned::Menu);
            assert_eq!(panel.press(Key::Back), Turned::Logout);
        }
    }

    #[test]
    fn digits_set_the_volume_on_its_own_page_only() {
        let mut panel = TechnicianPanel::default();
        assert_eq!(panel.press(Key::Digit(9)), Turned::Nothing);
        assert_eq!(panel.press(Key::Digit(6)), Turned::Page(Page::Volume));
        assert_eq!(panel.press(Key::Digit(9)), Turned::SetVolume(Volume::MOST));
        assert_eq!(panel.press(Key::Digit(10)), Turned::Nothing);
        assert_eq!(panel.press(Key::Ok), Turned::TryVolume);
        assert_eq!(panel.page(), Some(Page::Volume));
    }

    #[test]
    fn keys_that_act_at_the_lane_do_nothing_here() {
        let keys = [Key::Accept, Key::Companion, Key::Emergency, Key::Document, Key::Temperature, Key::Clock];
        for page in [None].into_iter().chain(Page::ALL.map(Some)) {
            let mut panel = TechnicianPanel { page };
            assert!(keys.iter().all(|key| panel.press(*key) == Turned::Nothing), "{page:?}");
            assert_eq!(panel.page(), page);
        }
    }

    #[test]
    fn the_self_test_is_made_anew_by_ok_and_the_notice_has_a_digit_of_its_own() {
        let mut panel = TechnicianPanel::default();
        assert_eq!(panel.press(Key::Digit(NOTICE)), Turned::ChangeNotice);
        panel.press(Key::Digit(1));
        assert_eq!(panel.press(Key::Ok), Turned::Page(Page::SelfTest));
        assert_eq!(panel.press(Key::Digit(7)), Turned::Nothing);
        assert_eq!(TechnicianPanel { page: Some(Page::Data) }.press(Key::Ok), Turned::Nothing);
        for page in [None].into_iter().chain(Page::ALL.map(Some)) {
            let heeded = !matches!(TechnicianPanel { page }.press(Key::Ok), Turned::Nothing | Turned::Menu);
            assert_eq!(TechnicianPanel { page }.heeds_ok(), heeded, "{page:?}");
        }
        assert_eq!(panel.press(Key::Logout), Turned::Logout);
    }
}
