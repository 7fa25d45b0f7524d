//! The rows of the table, in its order: one file each in `assets/demo/tour/`.
//! Must not know: what is in them.

macro_rules! row {
    ($name:literal) => {
        (concat!($name, ".toml"), include_str!(concat!("../../../../assets/demo/tour/", $name, ".toml")))
    };
}

/// File name and text.
pub(super) const ROWS: [(&str, &str); 26] = [
    row!("01-colours"),
    row!("02-ages"),
    row!("03-repeats"),
    row!("04-newer-wins"),
    row!("05-two-sources"),
    row!("06-tests"),
    row!("07-certificates-and-visitors"),
    row!("08-issuers"),
    row!("09-bad-codes"),
    row!("10-revoked"),
    row!("11-cards"),
    row!("12-card-trouble"),
    row!("13-staff"),
    row!("14-attendant-opens"),
    row!("15-emergency"),
    row!("16-exit-lane"),
    row!("17-temperature"),
    row!("18-no-check"),
    row!("19-list-age"),
    row!("20-missing-data"),
    row!("21-clock"),
    row!("22-reboot"),
    row!("23-device-faults"),
    row!("24-disk-and-journal"),
    row!("25-fire"),
    row!("26-hints"),
];
