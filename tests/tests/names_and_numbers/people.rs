//! Invented people whose names and numbers nothing else in a file could be mistaken for.

use gate_sim::people::Person;
use gate_sim::sam::checked_18;
use gate_wire::document::{Document, DocumentKind};

/// Rare characters, with their bytes in GBK.
const CHARACTERS: [(char, [u8; 2]); 30] = [
    ('鑫', [0xF6, 0xCE]),
    ('淼', [0xED, 0xB5]),
    ('焱', [0xEC, 0xCD]),
    ('垚', [0x88, 0x90]),
    ('森', [0xC9, 0xAD]),
    ('磊', [0xC0, 0xDA]),
    ('晶', [0xBE, 0xA7]),
    ('犇', [0xA0, 0xC4]),
    ('骉', [0xF3, 0x54]),
    ('羴', [0xC1, 0x81]),
    ('猋', [0xAA, 0x59]),
    ('麤', [0xFB, 0x9B]),
    ('鱻', [0xF7, 0x80]),
    ('飍', [0xEF, 0x71]),
    ('赑', [0xDA, 0x50]),
    ('劦', [0x84, 0xB5]),
    ('孖', [0x8C, 0x49]),
    ('喆', [0x86, 0xB4]),
    ('嚞', [0x87, 0xAC]),
    ('囍', [0x87, 0xD6]),
    ('燚', [0xA0, 0x44]),
    ('靐', [0xEC, 0x68]),
    ('龘', [0xFD, 0x93]),
    ('堃', [0x88, 0xD2]),
    ('昉', [0x95, 0x50]),
    ('旸', [0x95, 0x44]),
    ('晛', [0x95, 0x81]),
    ('晞', [0x95, 0x84]),
    ('暄', [0xEA, 0xD1]),
    ('璟', [0xAD, 0x5A]),
];

/// How a name or a number could be written somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    NameUtf8,
    NameGbk,
    NameUtf16Le,
    NameUtf16Be,
    NameHex,
    GivenName,
    Number,
    LastEight,
    NumberUtf16Le,
    NumberBcd,
    NumberBcdShifted,
    NumberHex,
    Passport,
    PassportKeys,
}

/// One invented person with a resident's number and a passport.
pub(crate) struct Invented {
    pub(crate) person: Person,
    pub(crate) passport: String,
    gbk: Vec<u8>,
}

impl Invented {
    pub(crate) fn new(serial: usize) -> Invented {
        let (month, day) = (1 + serial / 28 % 12, 1 + serial % 28);
        let body = format!("5101001940{month:02}{day:02}{:03}", 1 + serial / 336 % 999);
        let number = checked_18(&body).unwrap();
        let of = three(serial).map(|at| CHARACTERS[at]);
        let name: String = of.iter().map(|(character, _)| *character).collect();
        let document = Document::parse(DocumentKind::ResidentId, &number).unwrap();
        // A person of the simulator lives as long as the program.
        let person = Person { name: name.leak(), number, document };
        let gbk = of.iter().flat_map(|(_, bytes)| *bytes).collect();
        Invented { person, passport: format!("E7{:07}", (serial * 7_919 + 1_234_567) % 10_000_000), gbk }
    }

    pub(crate) fn passport_document(&self) -> Document {
        Document::parse(DocumentKind::Passport, &self.passport).unwrap()
    }

    /// Every form, without those that a number with X at its end has not.
    pub(crate) fn forms(&self) -> Vec<(Form, Vec<u8>)> {
        let (name, number) = (self.person.name, self.person.number.as_str());
        let given: String = name.chars().skip(1).collect();
        let utf16 =
            |text: &str, order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let mut forms = vec![
            (Form::NameUtf8, name.into()),
            (Form::NameGbk, self.gbk.clone()),
            (Form::NameUtf16Le, utf16(name, u16::to_le_bytes)),
            (Form::NameUtf16Be, utf16(name, u16::to_be_bytes)),
            (Form::NameHex, hex(name.as_bytes())),
            (Form::GivenName, given.into()),
            (Form::Number, number.into()),
            (Form::LastEight, number[10..].into()),
            (Form::NumberUtf16Le, utf16(number, u16::to_le_bytes)),
            (Form::NumberBcd, bcd(&number.as_bytes()[..16])),
            (Form::NumberBcdShifted, bcd(&number.as_bytes()[1..17])),
            (Form::NumberHex, hex(number.as_bytes())),
            (Form::Passport, self.passport.clone().into()),
        ];
        // As presses of keys: each digit beside the same small word.
        let digits = self.passport.as_bytes()[1..].iter().map(|digit| digit - b'0');
        forms.extend((0..16).map(|word| {
            let presses = digits.clone().flat_map(|digit| [word, digit]).skip(1);
            (Form::PassportKeys, presses.collect())
        }));
        forms
    }
}

/// Three different characters, other ones for each of 24,360 people. One character thrice is no name to search for: its
/// bytes repeat, and so do those of compressed drawings.
fn three(serial: usize) -> [usize; 3] {
    let first = serial % 30;
    let others: Vec<usize> = (0..30).filter(|at| *at != first).collect();
    let second = others[serial / 30 % 29];
    let left: Vec<usize> = others.into_iter().filter(|at| *at != second).collect();
    [first, second, left[serial / 870 % 28]]
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

fn bcd(digits: &[u8]) -> Vec<u8> {
    digits.chunks(2).map(|pair| (pair[0] - b'0') << 4 | (pair[1] - b'0')).collect()
}
