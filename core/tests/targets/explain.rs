//! Any text around a signature and a session token: nothing panics and neither is ever told,
//! wherever a wrong encoding or a URL around the token has put it.

use rdsiam::explain;

use super::input::Input;

const SIGNATURE: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const SESSION: &str = "IQoJb3JpZ2luX2VjEJr";

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    if input.knows(SIGNATURE) || input.knows(SESSION) {
        return;
    }
    let encodings = ["=", "%3D", "%3d", "%253D", "%25253D"];
    let equals = encodings[input.number().unsigned_abs() as usize % encodings.len()];
    let mut text = String::new();
    for (name, secret) in [("X-Amz-Signature", SIGNATURE), ("X-Amz-Security-Token", SESSION)] {
        text.push_str(&input.text());
        text.push_str(name);
        text.push_str(equals);
        text.push_str(secret);
    }
    text.push_str(&input.text());

    let told = explain(&text).unwrap();
    assert_eq!(told.length, text.len());
    let told = format!("{told} {told:?}");
    assert!(!told.contains(SIGNATURE), "the signature is told: {told}");
    assert!(!told.contains(SESSION), "the session token is told: {told}");
}
