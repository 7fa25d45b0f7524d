// Two minutes: each stop says a thing, does it, and points at where to look.
export const stops = [
  { at: "display", zh: "这是闸机的真实画面，由真实程序画出；没有联网。", en: "This is the terminal's real screen, drawn by the real program. It has no network." },
  { at: "display", guest: "phone-green", zh: "测试甲举起手机绿码。真实的模糊图像，真实的识别和验签：通行，闸门打开。", en: "测试甲 holds up a green code. A real, blurred picture is read and its signature proven: Pass, and the gate opens." },
  { at: "tab-why", tab: "why", zh: "为什么通行？这是从密封记录里读回的情况，以及起作用的那一行政策。", en: "Why? The case as the sealed record holds it, and the row of the signed policy that decided." },
  { at: "pad", guest: "card-green", zh: "没有手机的老人刷身份证：同样快，同样有效。", en: "Somebody without a phone lays an ID card on the reader: as fast, as good." },
  { at: "display", guest: "card-yellow", zh: "名单里是黄码：限制。颜色之外，形状和文字也不同。", en: "Yellow in the list: Limit. It differs in shape and words, not in colour alone." },
  { at: "display", guest: "paper-green-now-red", zh: "离线码还是绿的，但名单后来变红：以新的为准，禁止。", en: "The paper is still green, the list has since turned red: the newer statement counts. Stop." },
  { at: "display", guest: "phone-forged", zh: "自己画的绿码，签名不对：不说“禁止”，请走人工通道。", en: "A home-made code with a wrong signature: never a “no”, but the staff lane." },
  { at: "panel", guest: "attendant", zh: "工作人员出示工作证；在面板上输入 135790，按 确认，就能接受纸质证明。", en: "Staff shows a badge; type 135790 on the panel, press OK, and a paper proof can be accepted." },
  { at: "tab-journal", tab: "journal", zh: "每次都留下一条密封记录：左边是磁盘上的样子，右边要主管部门的密钥才看得到。没有姓名，没有证件号。", en: "Every passage leaves a sealed record: on the left as it lies on the disk, on the right what takes the authority's key. No name, no number." },
  { at: "tab-world", tab: "world", zh: "现在试试：拔掉读卡器、断电、让时钟停在 1970、过七天。闸机总有人工的路。", en: "Now try: pull the reader, cut the power, let the clock stop at 1970, let a week pass. There is always the human way." },
];
