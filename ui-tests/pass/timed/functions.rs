//! Every kind of function whose end can be seen.
use calipers::timed;

#[timed]
fn parse(input: &str) -> Result<u8, std::num::ParseIntError> {
    if input.is_empty() {
        return Ok(0);
    }
    let number: u8 = input.parse()?;
    Ok(number)
}

#[timed("/generic/{fn}/{module}")]
fn generic<T: Clone + Default, const N: usize>(value: &T, mut many: Vec<T>) -> [T; N]
where
    T: Send,
{
    many.push(value.clone());
    std::array::from_fn(|at| many.get(at).cloned().unwrap_or_default())
}

#[timed]
fn implicit(items: impl IntoIterator<Item = u8>) -> impl Iterator<Item = u8> {
    items.into_iter().map(|item| item + 1)
}

#[timed]
fn nested_impl(good: bool) -> Result<impl Iterator<Item = u8>, Box<dyn std::error::Error>> {
    let number: u8 = if good { "1" } else { "x" }.parse()?;
    Ok(std::iter::once(number))
}

#[timed]
fn borrowed<'a>(first: &'a mut Vec<u8>, _second: &str) -> &'a mut u8 {
    first.push(1);
    let last = first.len() - 1;
    &mut first[last]
}

/// # Safety
/// `pointer` is valid.
#[timed]
unsafe fn raw(pointer: *const u8) -> u8 {
    unsafe { *pointer }
}

#[timed]
extern "C" fn foreign(value: i32) -> i32 {
    value * 2
}

#[timed]
fn never(reason: &str) -> ! {
    panic!("{reason}")
}

#[timed]
fn labels() -> Option<u32> {
    let mut count = 0;
    'outer: loop {
        loop {
            count += 1;
            if count == 3 {
                break 'outer;
            }
            if count == 2 {
                continue 'outer;
            }
        }
    }
    let (a, b) = (count, 1);
    Some(a + b)
}

#[timed]
fn recursive(n: u64) -> u64 {
    if n < 2 { n } else { recursive(n - 1) + recursive(n - 2) }
}

#[timed]
fn patterns((a, b): (u8, u8), [c, ..]: [u8; 2], _: String) -> u8 {
    a + b + c
}

#[timed]
pub(crate) fn unit(mut left: u32) {
    while left > 0 {
        left -= 1;
        if left == 5 {
            return;
        }
    }
}

fn main() {
    assert!(parse("7").is_ok() && parse("x").is_err() && parse("").is_ok());
    assert_eq!(generic::<u8, 1>(&3, Vec::new()), [3]);
    assert_eq!(implicit([1]).collect::<Vec<_>>(), [2]);
    assert!(nested_impl(true).is_ok() && nested_impl(false).is_err());
    let mut bytes = Vec::new();
    *borrowed(&mut bytes, "") = 4;
    assert_eq!(bytes, [4]);
    assert_eq!(unsafe { raw(&9) }, 9);
    assert_eq!(foreign(2), 4);
    std::panic::set_hook(Box::new(|_| {}));
    assert!(std::panic::catch_unwind(|| never("x")).is_err());
    assert_eq!(labels(), Some(4));
    assert_eq!(recursive(10), 55);
    assert_eq!(patterns((1, 2), [3, 4], String::new()), 6);
    unit(9);
}
